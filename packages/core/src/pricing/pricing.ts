import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { decimalOfPico, type Cost } from "./cost/cost.ts";
import { costOfResponse, type ResponseToPrice } from "./cost/cost-of-response.ts";
import { costOfUsage } from "./cost/cost-of-usage.ts";
import { receiptOf } from "./cost/receipt.ts";
import type { PriceUpdates } from "./price-updates.ts";
import { createCatalogue, type Catalogue } from "./rates/catalogue.ts";
import { meterFix, priceFix } from "./rates/price-fix.ts";
import { readPriceOptions, type PriceOptions } from "./rates/price-options.ts";
import { providerOfModel } from "./rates/provider-of-model.ts";
import type { RateCard, UnknownRate } from "./rates/rate-card.ts";
import type { Usage } from "./usage/usage.ts";

const DAY_MS = 86_400_000;
const IN_RECEIPT = { picoUsd: true, nanoUsd: true, lines: true };

/** A cost with its exact amount as text and the receipt that shows how it came about. */
export type PricedCost = Cost & {
  /** US dollars to the last digit, such as "0.0000013875"; undefined where the cost is unknown, which is not zero. */
  readonly usd: string | undefined;
  /** Where the cost is not known whole: what to write so that it is, in one line. */
  readonly fix: string | undefined;
  /** The rate card with its source and date, each meter with quantity and rate, the rounding; plain JSON. */
  readonly receipt: Readonly<Record<string, unknown>>;
};

/** What a raw answer cost. */
export type PricedResponse = PricedCost & {
  /** What was used, in wflo's words; undefined where the answer does not tell. */
  readonly usage: Usage | undefined;
  /** The model that is paid for. */
  readonly model: string | undefined;
  readonly serviceTier: string | undefined;
  /** What the provider itself says that it took, in US dollars, where it says so. */
  readonly reportedUsd: string | undefined;
};

/** Prices and costs for whoever wants to know them; the door uses the same catalogue and arithmetic. */
export interface Pricing {
  /**
   * What a usage costs; `at` (default now) is when the request was made, `serviceTier` the tier that served it. Without `provider` it
   * is taken from the model where only one has it.
   */
  cost(input: {
    readonly provider?: string | undefined;
    readonly model: string;
    readonly usage: Usage;
    readonly at?: Date | undefined;
    readonly serviceTier?: string | undefined;
  }): PricedCost;
  /** What a raw answer of a provider cost: a body, or the events of a stream. */
  costOfResponse(input: ResponseToPrice): PricedResponse;
  /** The rate card of a model, by default the one in force now. */
  card(provider: string, model: string, at?: Date): RateCard | UnknownRate;
  /** The price list in use, and how old it is. */
  list(): PriceListInfo;
  /** Looks for newer prices now (`prices.update`); resolves when the look is over. What came of it: `list()`. Without it, nothing. */
  refresh(): Promise<void>;
}

/** Which prices are in use. */
export interface PriceListInfo {
  /** Such as `genai-prices@0.1.8`; receipts name it. */
  readonly source: string;
  /** ISO date of the prices. */
  readonly date: string;
  readonly ageDays: number;
  /** When a list was last looked at and could be used. */
  readonly checkedAt: Date | undefined;
  /** Why the last look failed. */
  readonly problem: string | undefined;
}

/**
 * Prices without a client; `prices.update` is for clients. Throws `InvalidOptionError` or `InvalidAmountError` for a price table that
 * cannot mean anything, naming the key.
 */
export function createPricing(prices?: PriceOptions): Pricing {
  const { table, trustReported, update } = readPriceOptions(prices);
  if (update !== undefined)
    throw new InvalidOptionError("prices.update is for createWflo(), which is closed when it is over.");
  return pricingOf(createCatalogue(table, trustReported), Date.now);
}

/** The same by a catalogue that is there already, and what keeps it fresh. */
export function pricingOf(catalogue: Catalogue, now: () => number, updates?: PriceUpdates): Pricing {
  const card: Pricing["card"] = (provider, model, at) =>
    catalogue.find({ provider, model, ...(at ? { at } : {}) });
  return {
    card,
    list() {
      const { name: source, date } = catalogue.list();
      const ageDays = Math.max(0, Math.floor((now() - Date.parse(date)) / DAY_MS));
      const { checkedAt, problem } = updates?.state ?? {};
      return { source, date, ageDays, checkedAt, problem };
    },
    refresh: async () => await updates?.refresh(),
    cost(input) {
      checkAsked("cost", input);
      const { provider, model, usage, at, serviceTier } = input;
      const from = provider ?? providerOfModel(model) ?? "";
      const found = card(from, model, at);
      if ("unknown" in found)
        return priced(undefined, { kind: "unknown", reason: found.reason }, from, model);
      const cardOf = (other: string) => card(from, other, at);
      const trustReported = catalogue.trustsReported;
      const paid = costOfUsage({ card: found, provider: from, usage, serviceTier, cardOf, trustReported });
      return priced(found, paid, from, model);
    },
    costOfResponse(input) {
      checkAsked("costOfResponse", input);
      const { cost, card: found, usage, model, serviceTier } = costOfResponse(catalogue, input);
      const reported = usage?.reportedPicoUsd;
      const reportedUsd = reported === undefined ? undefined : decimalOfPico(BigInt(reported));
      const told = { usage, model, serviceTier, reportedUsd };
      return Object.assign(priced(found, cost, input.provider, model ?? ""), told);
    },
  };
}

/** Throws `InvalidOptionError` for what a caller without types gets wrong. */
function checkAsked(
  name: string,
  asked: Readonly<Partial<Record<"provider" | "model" | "at", unknown>>>,
): void {
  const { provider, model, at } = asked;
  const isProvider =
    name === "cost" ? provider === undefined || typeof provider === "string" : typeof provider === "string";
  if (!isProvider)
    throw new InvalidOptionError(`pricing.${name} takes provider as a name, such as "openai".`);
  if (model !== undefined && typeof model !== "string")
    throw new InvalidOptionError(`pricing.${name} takes model as a name, such as "gpt-4.1".`);
  if (at !== undefined && !(at instanceof Date && !Number.isNaN(at.getTime())))
    throw new InvalidOptionError(`pricing.${name} takes at as a date, such as new Date("2026-11-01").`);
}

function priced(card: RateCard | undefined, cost: Cost, from: string, model: string): PricedCost {
  const amount = cost.kind === "unknown" ? undefined : decimalOfPico(cost.picoUsd);
  const result = {
    ...cost,
    usd: amount,
    fix: fixOf(card, cost, from, model),
    // Made when it is looked at: most who ask for a cost want the amount alone.
    get receipt() {
      return receiptOf(card, cost);
    },
  };
  return Object.defineProperty(result, "toJSON", { value: asJson });
}

/** JSON has no bigint: the amounts are in `usd` and in the receipt. */
function asJson(this: PricedCost): Record<string, unknown> {
  const plain = Object.entries(this).filter(([name]) => !(name in IN_RECEIPT));
  return Object.fromEntries(plain);
}

function fixOf(card: RateCard | undefined, cost: Cost, provider: string, model: string): string | undefined {
  if (cost.kind === "lowerBound") return card && meterFix(card.id, cost.missing);
  // A price helps only where it is the price that is not known.
  return cost.kind === "unknown" && card === undefined && model !== ""
    ? priceFix(provider, model)
    : undefined;
}
