import type { Meter } from "../rate-card.ts";

/** Dollars per million tokens by kind of token, as decimal texts. */
export type TokenPrices = Readonly<Partial<Record<Meter, string>>>;

interface Row {
  readonly provider: string;
  readonly source: string;
  /** The day on which the source was read. */
  readonly checkedOn: string;
}

/** Token prices by hand. They win over the price list. */
export interface OverlayRates extends Row {
  /** Matches whole model ids as `modelId` writes them. */
  readonly ids: RegExp;
  /** The id on the card; undefined keeps the list's. */
  readonly model?: string;
  /** ISO date, or date and hour, from which the row holds (UTC); undefined for always. */
  readonly from?: string;
  /** Hours of the day (UTC) in which the row holds, such as `[1, 4]` from one to four; undefined for all. */
  readonly hours?: readonly [start: number, end: number];
  readonly rates: TokenPrices;
  /** Prices of the whole request past so many input tokens. */
  readonly long?: { readonly aboveInputTokens: number; readonly rates: TokenPrices };
  /** True: the rates are added to the list's instead of taking their place. */
  readonly adds?: boolean;
  /** True: for a model that was newer than the price list; where the list has it, that holds. */
  readonly ifUnlisted?: boolean;
  readonly contextWindow?: number;
  /** The fee by which the model is billed instead of tokens; `rates` are empty then. */
  readonly billedBy?: string;
}

/** Models that the price list has wrong or in part, where no plain token price is right. */
export interface OverlayUnknown {
  readonly provider: string;
  readonly ids: RegExp;
  readonly reason: string;
}

/** The price of something billed by the piece, in dollars. */
export interface OverlayFee extends Row {
  readonly meter: string;
  /** The models that the price is for, as on their cards; undefined for all of the provider's. */
  readonly models?: RegExp;
  readonly dollars: string;
  /** So many pieces are one unit of the price. Default 1. */
  readonly per?: number;
  /** A request with any is billed for at least so many. */
  readonly least?: number;
  /** True: a request with any is billed for one. */
  readonly once?: boolean;
  /** Models for which a piece also costs so many input tokens that no usage shows. */
  readonly alsoInputTokens?: { readonly models: RegExp; readonly tokens: number };
}

/** How a service tier, a region or a speed changes what tokens cost. */
export interface OverlayModifier extends Row {
  /** Such as `service_tier:flex`, `inference_geo:us`, `speed:fast`. */
  readonly modifier: string;
  /** The models it is for, as on their cards; undefined for all of the provider's. */
  readonly models?: RegExp;
  /** What list prices are multiplied by, as a fraction: 1.1 is 11 / 10. */
  readonly times?: readonly [numerator: number, denominator: number];
  /** Kinds of tokens that stay at the list price. */
  readonly keeps?: readonly Meter[];
  /** For requests of at most so many input tokens. */
  readonly upToInputTokens?: number;
}

/** What wflo knows of a provider's prices beyond the price list. Of two rows for one thing the later wins once its date has come. */
export interface Overlay {
  readonly rates?: readonly OverlayRates[];
  readonly unknown?: readonly OverlayUnknown[];
  readonly fees?: readonly OverlayFee[];
  readonly modifiers?: readonly OverlayModifier[];
}
