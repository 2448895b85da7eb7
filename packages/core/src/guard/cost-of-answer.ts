import { MAX_NANO_USD } from "../money/money.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import type { Cost } from "../pricing/cost/cost.ts";
import { costOfUsage } from "../pricing/cost/cost-of-usage.ts";
import { reportedCost } from "../pricing/cost/reported-cost.ts";
import { servedCard } from "../pricing/cost/served-card.ts";
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
  const { provider, model } = asked;
  const cardOf = (name: string) =>
    (name === model ? asked.card : undefined) ?? catalogue.find({ provider, model: name });
  const served = servedCard({ provider, asked: model, answered: outcome.model, cardOf });
  const card = "unknown" in served.card ? undefined : served.card;
  const cost = costOrDoubt(catalogue, { ...asked, card }, outcome);
  const isAbsurd = cost.kind !== "unknown" && cost.nanoUsd > MAX_NANO_USD;
  return {
    cost: isAbsurd ? { kind: "unknown", reason: "its usage comes to more money than there is" } : cost,
    card,
  };
}

/** An answer that came is never lost for its price: whatever happens here, it is charged at its hold. */
function costOrDoubt(...given: Parameters<typeof costOf>): Cost {
  try {
    return costOf(...given);
  } catch (error) {
    return { kind: "unknown", reason: `its price could not be worked out: ${String(error)}` };
  }
}

function costOf(
  catalogue: Catalogue,
  { provider, card }: Asked,
  { usage, serviceTier, noUsage }: Extract<Outcome, { kind: "answered" }>,
): Cost {
  if (usage === undefined) return { kind: "unknown", reason: noUsage?.reason ?? "the answer has no usage" };
  if (card === undefined) {
    const reported = isUsage(usage) ? reportedCost(provider, usage) : undefined;
    return reported ?? { kind: "unknown", reason: "the price of the model is not known" };
  }
  const cardOf = (model: string) => catalogue.find({ provider, model });
  return costOfUsage({
    card,
    provider,
    usage,
    serviceTier,
    cardOf,
    isRead: true,
    trustReported: catalogue.trustsReported,
  });
}
