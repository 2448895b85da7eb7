import { MAX_NANO_USD } from "../money/money.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import { billedCost, costOfUsage, type Cost } from "../pricing/cost/cost-of-usage.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { isUsage } from "../pricing/usage/usage.ts";
import type { Outcome } from "./guard-request.ts";

/** What was asked for: its rate card is undefined when its price is not known. */
interface Asked {
  readonly provider: string;
  readonly model: string;
  readonly card: RateCard | undefined;
}

/** What an answer costs by its usage, at the prices of the model that served it. */
export function costOfAnswer(
  catalogue: Catalogue,
  asked: Asked,
  outcome: Extract<Outcome, { kind: "answered" }>,
): { readonly cost: Cost; readonly card: RateCard | undefined } {
  const card = servedCard(catalogue, asked, outcome.model);
  return { cost: atLeastItsBill(asked.provider, costOf(card, outcome), outcome), card };
}

/** What a router says that it took, where it is more than our prices say, or they say nothing. */
function atLeastItsBill(
  provider: string,
  cost: Cost,
  { usage }: Extract<Outcome, { kind: "answered" }>,
): Cost {
  const billed = isUsage(usage) ? billedCost(provider, usage) : undefined;
  if (billed === undefined || billed.nanoUsd > MAX_NANO_USD) return cost;
  return cost.kind === "unknown" || cost.nanoUsd < billed.nanoUsd ? billed : cost;
}

function servedCard(
  catalogue: Catalogue,
  { provider, model, card: asked }: Asked,
  served: string | undefined,
): RateCard | undefined {
  // A price that the user set for what was asked wins over the list price of what served it.
  if (served === undefined || served === model || asked?.matchedBy === "user") return asked;
  const card = catalogue.find({ provider, model: served });
  return "unknown" in card ? asked : card;
}

function costOf(card: RateCard | undefined, outcome: Extract<Outcome, { kind: "answered" }>): Cost {
  if (outcome.usage === undefined) {
    return { kind: "unknown", reason: outcome.noUsage?.reason ?? "the answer has no usage" };
  }
  if (card === undefined) return { kind: "unknown", reason: "the price of the model is not known" };
  const cost = costOfUsage({ card, usage: outcome.usage, serviceTier: outcome.serviceTier });
  const isAbsurd = cost.kind !== "unknown" && cost.nanoUsd > MAX_NANO_USD;
  return isAbsurd ? { kind: "unknown", reason: "its usage comes to more money than there is" } : cost;
}
