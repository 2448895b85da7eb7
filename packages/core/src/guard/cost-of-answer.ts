import { MAX_NANO_USD } from "../money/money.ts";
import type { Cost } from "../pricing/cost/cost.ts";
import { costOfCall } from "../pricing/cost/cost-of-call.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { isUsage } from "../pricing/usage/usage.ts";
import type { Outcome } from "./guard-request.ts";

/** What was asked for: its rate card is undefined when its price is not known. */
interface Asked {
  readonly provider: string;
  readonly model: string;
  readonly card: RateCard | undefined;
}

type Answered = Extract<Outcome, { kind: "answered" }>;

interface CostOfAnswer {
  readonly cost: Cost;
  readonly card: RateCard | undefined;
}

/**
 * What an answer costs by its usage, at the prices of the model that served it. An answer that came is never lost for its price: where
 * that cannot be worked out it is unknown, and charged at its hold.
 */
export function costOfAnswer(catalogue: Catalogue, asked: Asked, answer: Answered): CostOfAnswer {
  try {
    return measured(catalogue, asked, answer);
  } catch (error) {
    return { card: asked.card, cost: unknown(`its price could not be worked out: ${String(error)}`) };
  }
}

function measured(catalogue: Catalogue, asked: Asked, answer: Answered): CostOfAnswer {
  const { usage, serviceTier, model: answered, noUsage } = answer;
  const { provider, model, card } = asked;
  if (usage === undefined) return { card, cost: unknown(noUsage?.reason ?? "the answer has no usage") };
  if (!isUsage(usage)) return { card, cost: unknown("the reported usage is not made of valid counts") };
  const call = { provider, asked: model, answered, usage, serviceTier, askedCard: card };
  const found = costOfCall(catalogue, call);
  const isAbsurd = found.cost.kind !== "unknown" && found.cost.nanoUsd > MAX_NANO_USD;
  return isAbsurd
    ? { card: found.card, cost: unknown("its usage comes to more money than there is") }
    : found;
}

function unknown(reason: string): Cost {
  return { kind: "unknown", reason };
}
