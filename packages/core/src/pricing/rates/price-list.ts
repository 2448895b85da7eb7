import { PRICE_DATA } from "./price-data.ts";

/** How a list of prices tells which ids a model has, in the words of `@pydantic/genai-prices`. */
export type MatchClause =
  | { readonly or: readonly MatchClause[] }
  | { readonly and: readonly MatchClause[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string };

/** A price in dollars by unit, such as `input_mtok`; a tier holds for the whole request past so many input tokens. */
export type UnitPrices = Readonly<
  Partial<
    Record<
      string,
      number | { readonly base: number; readonly tiers: readonly { start: number; price: number }[] }
    >
  >
>;

/** Prices that hold from a day on, or within hours of the day (UTC). */
export interface ConditionalPrices {
  readonly constraint?:
    | { readonly start_date: string }
    | { readonly start_time: string; readonly end_time: string };
  readonly prices: UnitPrices;
}

/** A model as the list has it. */
export interface PricedModel {
  readonly id: string;
  readonly match: MatchClause;
  readonly prices: UnitPrices | readonly ConditionalPrices[];
  readonly context_window?: number;
}

/** A provider as the list has it. */
export interface PricedProvider {
  readonly id: string;
  readonly models: readonly PricedModel[];
  /** Providers whose models it serves at the same price. */
  readonly fallback_model_providers?: readonly string[];
}

/** A list of prices that may be used: the one that core carries, or a newer one. */
export interface PriceList {
  /** Where the prices come from, such as `genai-prices@0.1.8`; part of every receipt. */
  readonly name: string;
  /** ISO date of the prices. */
  readonly date: string;
  readonly providers: ReadonlyMap<string, PricedProvider>;
}

let carried: PriceList | undefined;

/** The list that core carries; read from its text at first use, then kept, since it never changes. */
export function carriedPriceList(): PriceList {
  carried ??= priceListOf(PRICE_DATA.name, PRICE_DATA.date, JSON.parse(PRICE_DATA.text) as PricedProvider[]);
  return carried;
}

/** A list of providers with its name and date. */
export function priceListOf(name: string, date: string, providers: readonly PricedProvider[]): PriceList {
  return { name, date, providers: new Map(providers.map((provider) => [provider.id, provider])) };
}
