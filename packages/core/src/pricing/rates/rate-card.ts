/** The kinds of tokens that have a price of their own. */
export type Meter =
  | "input"
  | "cachedInput"
  | "cacheWrite"
  | "cacheWrite1h"
  | "output"
  | "inputAudio"
  | "cachedInputAudio"
  | "outputAudio"
  | "inputImage"
  | "cachedInputImage"
  | "outputImage"
  | "inputVideo"
  | "outputVideo"
  | "reasoning";

/**
 * A price per token in pico-dollars. The whole request takes the highest tier whose threshold its INPUT
 * tokens exceed.
 */
export interface Rate {
  readonly picoUsd: bigint;
  /** In rising order of `aboveInputTokens`. */
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly picoUsd: bigint }[];
}

/** The prices of a model by kind of token. */
export type Rates = Readonly<Partial<Record<Meter, Rate>>>;

/** The price of what is billed by the piece beside tokens: a search, a second of audio, a page. */
export interface FeeRate {
  /** Of `per` pieces, in pico-dollars. */
  readonly picoUsd: bigint;
  /** So many pieces are one unit of the price: 3,600 seconds, 1,000 pages. Default 1. */
  readonly per?: bigint;
  /** A request with any is billed for at least so many pieces. */
  readonly least?: number;
  /** True: a request with any is billed for one, however many there were. */
  readonly once?: boolean;
}

/** Prices of pieces by what they are: `web_search`, `audioSeconds`. */
export type FeeRates = Readonly<Partial<Record<string, FeeRate>>>;

/**
 * The prices of one model at one time, with where they come from. Stored with each charge, since prices
 * change.
 */
export interface RateCard {
  /** `provider/model`, as in `openai/gpt-4.1-nano`. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** `genai-prices@0.1.8`, `user` or `overlay`. */
  readonly source: string;
  /** ISO date on which the price was read; undefined for the user's own. */
  readonly checkedOn?: string;
  /** ISO date from which the rates are in force, where known. */
  readonly asOf?: string;
  /**
   * `family`: the id was matched by its beginning or a pattern, as a dated snapshot of a known model. `asked`: the answer names a model
   * without a price, and the one that was asked for is taken.
   */
  readonly matchedBy: "asked" | "exact" | "family" | "user";
  readonly rates: Rates;
  /** What the model's own price list has for things billed by the piece. */
  readonly fees?: FeeRates;
  /**
   * Other rates that a request sent now may still be billed at: peak hours, or a new price within the next
   * day.
   */
  readonly mayAlsoApply?: readonly Rates[];
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
  /** The fee that a model is billed by instead of tokens, such as `audioSeconds`: its tokens tell nothing of its cost. */
  readonly billedBy?: string;
}

/** What a model is billed by in place of tokens, of which each answer must tell some; none where it is billed by tokens. */
export function piecesOf({ billedBy, rates, fees = {} }: RateCard): readonly string[] {
  if (billedBy !== undefined) return [billedBy];
  return Object.keys(rates).length === 0 ? Object.keys(fees) : [];
}

/** There is no price, with a one-line reason. Never to be taken for zero. */
export interface UnknownRate {
  readonly unknown: true;
  readonly reason: string;
}

/** The rate in pico-dollars per token for a request of so many input tokens. */
export function picoUsdAt(rate: Rate, inputTokens: number): bigint {
  let picoUsd = rate.picoUsd;
  for (const tier of rate.tiers) if (inputTokens > tier.aboveInputTokens) picoUsd = tier.picoUsd;
  return picoUsd;
}

/** The dearest rate in pico-dollars per token for a request of at most so many input tokens. */
export function dearestPicoUsd(rate: Rate, maxInputTokens: number): bigint {
  let picoUsd = rate.picoUsd;
  for (const tier of rate.tiers) {
    if (maxInputTokens > tier.aboveInputTokens && tier.picoUsd > picoUsd) picoUsd = tier.picoUsd;
  }
  return picoUsd;
}
