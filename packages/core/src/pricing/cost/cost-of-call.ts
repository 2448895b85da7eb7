import type { Catalogue } from "../rates/catalogue.ts";
import type { RateCard } from "../rates/rate-card.ts";
import type { Usage } from "../usage/usage.ts";
import type { Cost } from "./cost.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import { reportedCost } from "./reported-cost.ts";
import { servedCard } from "./served-card.ts";

/** A call whose answer told what it used. */
export interface MeasuredCall {
  readonly provider: string;
  readonly asked: string | undefined;
  /** The model that answered, by the answer. */
  readonly answered: string | undefined;
  readonly usage: Usage;
  readonly serviceTier: string | undefined;
  /** When it was made. Default: now. */
  readonly at?: Date | undefined;
  /** The card of the model that was asked for, where it was found before. */
  readonly askedCard?: RateCard | undefined;
}

/** What a call cost: the model that is paid for, and its card where it has one. */
export interface CostOfCall {
  readonly model: string | undefined;
  readonly card: RateCard | undefined;
  readonly cost: Cost;
}

/** What a call cost by a catalogue, at the price of the model that served it; what its provider says that it took where there is none. */
export function costOfCall(catalogue: Catalogue, call: MeasuredCall): CostOfCall {
  const { provider, asked, answered, usage, serviceTier, at, askedCard } = call;
  const cardOf = (model: string) =>
    (model === asked ? askedCard : undefined) ?? catalogue.find({ provider, model, ...(at ? { at } : {}) });
  const { model, card } = servedCard({ provider, asked, answered, cardOf });
  if ("unknown" in card) {
    const cost = reportedCost(provider, usage) ?? { kind: "unknown", reason: card.reason };
    return { model, card: undefined, cost };
  }
  const { trustsReported: trustReported } = catalogue;
  const cost = costOfUsage({ card, provider, usage, serviceTier, cardOf, isRead: true, trustReported });
  return { model, card, cost };
}
