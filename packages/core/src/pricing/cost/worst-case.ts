import { divideUp, nanoUsdFromPico } from "../../money/rounding.ts";
import {
  dearestPicoUsd,
  piecesOf,
  type Meter,
  type Rate,
  type RateCard,
  type UnknownRate,
} from "../rates/rate-card.ts";
import { feeRate } from "../rates/fee-rate.ts";
import { modifiedRates, tierModifier } from "../rates/modified-rates.ts";

const INPUT = [
  "input",
  "cachedInput",
  "cacheWrite",
  "inputAudio",
  "cachedInputAudio",
  "inputImage",
  "cachedInputImage",
  "inputVideo",
] as const satisfies readonly Meter[];
const OUTPUT = ["output", "reasoning", "outputAudio", "outputImage", "outputVideo"] as const;

/** Pieces of a provider's work that a request allows: at most so many, each billed by one of `fees`. */
export interface PricedUses {
  readonly atMost: number;
  readonly fees?: readonly string[] | undefined;
}

/** The most that a request can cost before it is sent. */
export interface WorstCase {
  readonly inputNanoUsd: bigint;
  /** Per output token. Zero for a card without an output rate, such as an embedding model's. */
  readonly outputPicoUsd: bigint;
}

/**
 * The dearest rates that can apply to a request of at most `maxInputTokens`: audio, images, cache writes, long
 * context, peak hours. A discounted service tier counts at the list price, since the provider may serve the
 * request at another tier than asked. Unknown for a service tier or a use without a price, and for a model that is not
 * billed by tokens. Of the fees those for the request itself and for `uses` are in it.
 */
export function worstCase(input: {
  readonly card: RateCard;
  readonly maxInputTokens: number;
  readonly serviceTier?: string | undefined;
  /** What else changes the price, such as `speed:fast`. */
  readonly modifiers?: readonly string[] | undefined;
  /** It may write to a cache for an hour. */
  readonly cachesForAnHour?: boolean | undefined;
  /** What else it may be billed for by the piece. */
  readonly uses?: readonly PricedUses[] | undefined;
}): WorstCase | UnknownRate {
  const { card, maxInputTokens } = input;
  const tier = tierModifier(input.serviceTier);
  const { modifiers: untiered = [] } = input;
  const modifiers = tier === undefined ? untiered : [tier, ...untiered];
  const [unpriced] = modifiedRates(card, modifiers, 0).unpriced;
  if (unpriced !== undefined)
    return {
      unknown: true,
      reason: `wflo has no price for the ${unpriced.replace("_", " ").replace(":", " ")} of ${card.id}`,
    };
  const pieces = piecesOf(card);
  if (pieces.length > 0)
    return {
      unknown: true,
      reason: `it is billed by ${pieces.join(" or ")}, which nothing in the request bounds; pass hold`,
    };
  let inputPicoUsd = 0n;
  let outputPicoUsd = 0n;
  const dearer = (known: bigint, rate: Rate | undefined) => {
    if (!rate) return known;
    const picoUsd = dearestPicoUsd(rate, maxInputTokens);
    return picoUsd > known ? picoUsd : known;
  };
  const all = card.mayAlsoApply ? [card.rates, ...card.mayAlsoApply] : [card.rates];
  // A tier asked for may not be the one that serves: the price without it stays in. A tier's own limit is for the provider to keep.
  const modified = [untiered, modifiers].flatMap((which) =>
    all.map((rates) => modifiedRates(card, which, 0, rates).rates),
  );
  for (const rates of [...all, ...modified]) {
    for (const meter of INPUT) inputPicoUsd = dearer(inputPicoUsd, rates[meter]);
    if (input.cachesForAnHour === true) inputPicoUsd = dearer(inputPicoUsd, rates.cacheWrite1h);
    for (const meter of OUTPUT) outputPicoUsd = dearer(outputPicoUsd, rates[meter]);
  }
  let picoUsd = inputPicoUsd * BigInt(maxInputTokens) + dearestRequest(card);
  for (const uses of input.uses ?? []) {
    const more = dearestUses(card, uses, inputPicoUsd);
    if (typeof more === "object") return more;
    picoUsd += more;
  }
  return { inputNanoUsd: nanoUsdFromPico(picoUsd), outputPicoUsd };
}

/** What so many uses cost, if all are of the dearest kind, beside what is read after them. */
function dearestUses(
  card: RateCard,
  { atMost, fees = [] }: PricedUses,
  inputPicoUsd: bigint,
): bigint | UnknownRate {
  let most = 0n;
  if (atMost === 0) return most;
  for (const meter of fees) {
    const rate = feeRate(card, meter);
    if (rate === undefined)
      return { unknown: true, reason: `wflo has no price for a ${meter} of ${card.id}; pass hold` };
    const { picoUsd, per = 1n, least = 0, once = false, alsoInputTokens = 0 } = rate;
    const count = BigInt(once ? 1 : Math.max(atMost, least));
    const all = divideUp(picoUsd * count, per) + inputPicoUsd * BigInt(alsoInputTokens) * BigInt(atMost);
    if (all > most) most = all;
  }
  return most;
}

/** What a request costs beside its tokens, at most, where it costs something. */
function dearestRequest(card: RateCard): bigint {
  const rates = ["request", "request_low", "request_medium", "request_high"].map((meter) =>
    feeRate(card, meter),
  );
  const amounts = rates.map((rate) => (rate ? divideUp(rate.picoUsd, rate.per ?? 1n) : 0n));
  return amounts.reduce((most, amount) => (amount > most ? amount : most), 0n);
}
