import type { Catalogue } from "../rates/catalogue.ts";
import type { RateCard } from "../rates/rate-card.ts";
import { hostModifiers } from "../rates/host-modifiers.ts";
import { readAnswer, type AnswerToRead, type ReadAnswer } from "../usage/read-answer.ts";
import type { Usage } from "../usage/usage.ts";
import { costOfLines, type Cost } from "./cost.ts";
import { costOfCall } from "./cost-of-call.ts";

/** A raw answer of a provider, to be priced. */
export interface ResponseToPrice extends AnswerToRead {
  readonly provider: string;
  /** What was asked for; needed where the answer does not name its model. */
  readonly model?: string | undefined;
  /** Where it was sent, such as `eu.api.openai.com`: some regions cost more, which no answer tells. */
  readonly host?: string | undefined;
  /** When the request was made. Default: the time that the answer tells, else now. */
  readonly at?: Date | undefined;
}

/** What a raw answer cost, and what that rests on. */
export interface CostOfResponse {
  readonly cost: Cost;
  readonly card: RateCard | undefined;
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly serviceTier: string | undefined;
}

const MADE_SINCE_MS = Date.UTC(2022, 0, 1);
const DAY_MS = 86_400_000;

/** What a raw answer cost by a catalogue. An error in place of an answer costs nothing; one without usage is unknown, never zero. */
export function costOfResponse(catalogue: Catalogue, input: ResponseToPrice): CostOfResponse {
  const answer = readAnswer(input);
  const nothing = { card: undefined, usage: undefined, model: input.model, serviceTier: undefined };
  switch (answer.kind) {
    case "rejected":
      return { ...nothing, cost: costOfLines([]) };
    case "unknown":
      return { ...nothing, cost: answer };
    case "measured":
      return costOfMeasured(catalogue, input, answer);
  }
}

function costOfMeasured(
  catalogue: Catalogue,
  input: ResponseToPrice,
  answer: Extract<ReadAnswer, { kind: "measured" }>,
): CostOfResponse {
  const { provider, model: asked } = input;
  const { serviceTier, model: answered } = answer;
  const places = hostModifiers(input.host);
  const modifiers = [...(answer.usage.modifiers ?? []), ...places];
  const usage = places.length === 0 ? answer.usage : { ...answer.usage, modifiers };
  const at = input.at ?? plausible(answer.madeAt);
  const call = { provider, asked, answered, usage, serviceTier, at };
  return { usage, serviceTier, ...costOfCall(catalogue, call) };
}

/** Recordings with a made-up time are priced as of now. */
function plausible(madeAt: Date | undefined): Date | undefined {
  const ms = madeAt?.getTime() ?? NaN;
  return ms >= MADE_SINCE_MS && ms <= Date.now() + DAY_MS ? madeAt : undefined;
}
