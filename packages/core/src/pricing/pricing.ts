import { createCatalogue } from "./rates/catalogue.ts";
import { costOfUsage, type Cost } from "./cost/cost-of-usage.ts";
import type { PriceTable } from "./rates/price-table.ts";
import type { RateCard, UnknownRate } from "./rates/rate-card.ts";
import type { Usage } from "./usage/usage.ts";

/** Prices and costs for whoever wants to know them; the door uses the same catalogue and arithmetic. */
export interface Pricing {
  /**
   * What a usage costs; `at` (default now) is when the request was made, `serviceTier` the tier that served
   * it.
   */
  cost(input: {
    readonly provider: string;
    readonly model: string;
    readonly usage: Usage;
    readonly at?: Date;
    readonly serviceTier?: string;
  }): Cost;
  /** The rate card of a model, by default the one in force now. */
  card(provider: string, model: string, at?: Date): RateCard | UnknownRate;
}

/**
 * Throws `InvalidOptionError` or `InvalidAmountError` for a price table that cannot mean anything, naming the
 * key.
 */
export function createPricing(prices?: PriceTable): Pricing {
  const catalogue = createCatalogue(prices);
  const card: Pricing["card"] = (provider, model, at) =>
    catalogue.find({ provider, model, ...(at ? { at } : {}) });
  return {
    card,
    cost({ provider, model, usage, at, serviceTier }) {
      const found = card(provider, model, at);
      if ("unknown" in found) return { kind: "unknown", reason: found.reason };
      return costOfUsage({ card: found, usage, serviceTier });
    },
  };
}
