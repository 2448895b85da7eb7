import { usd } from "@wflo/core";
import { wfloMetadata, type WfloMetadata } from "../calls/told-charge.ts";

/** What an answer has come to, over all of its steps so far. Money in decimal US dollars. */
export interface AnswerCost {
  readonly cost: string;
  /** "known" when that of every step is; else the least certain of them. */
  readonly costKind: WfloMetadata["costKind"];
  /** What the tightest budget of the last step has left. */
  readonly left?: WfloMetadata["left"];
}

/** A part of the stream of an answer, as `messageMetadata` gets it. */
export interface AnswerPart {
  readonly part: { readonly type: string; readonly providerMetadata?: object | undefined };
}

const CERTAINTY = ["unknown", "lowerBound", "known"] as const;

/**
 * A `messageMetadata` for `toUIMessageStream` and `toUIMessageStreamResponse`: gives the message its cost and what is left, after each step
 * of the answer, summed exactly. Make one for each answer. Attempts that failed before the SDK tried again are no part of an
 * answer: `run.cost()` counts them too.
 */
export function answerCost(): (event: AnswerPart) => AnswerCost | undefined {
  let told: AnswerCost | undefined;
  return ({ part }) => {
    if (part.type !== "finish-step") return undefined;
    const step = wfloMetadata(part.providerMetadata);
    if (step === undefined) return undefined;
    told = {
      cost: usd(told?.cost ?? 0)
        .plus(step.cost)
        .toString(),
      costKind: lessCertain(told?.costKind ?? "known", step.costKind),
      ...(step.left === undefined ? {} : { left: step.left }),
    };
    return told;
  };
}

function lessCertain(one: AnswerCost["costKind"], other: AnswerCost["costKind"]): AnswerCost["costKind"] {
  return CERTAINTY.indexOf(one) < CERTAINTY.indexOf(other) ? one : other;
}
