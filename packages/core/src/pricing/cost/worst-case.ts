import { nanoUsdFromPico } from "../../money/rounding.ts";
import { dearestPicoUsd, type Rate, type RateCard, type UnknownRate } from "../rates/rate-card.ts";
import { serviceTierDivisor } from "../rates/service-tier.ts";

/** The most that a request can cost before it is sent. */
export interface WorstCase {
  readonly inputNanoUsd: bigint;
  /** Per output token. Zero for a card without an output rate, such as an embedding model's. */
  readonly outputPicoUsd: bigint;
}

/**
 * The dearest rates that can apply to a request of at most `maxInputTokens`: audio, images, cache writes, long
 * context, peak hours. A discounted service tier counts at the list price, since the provider may serve the
 * request at another tier than asked. Unknown for a service tier without a price, and for a model that is not
 * billed by tokens. Fees are not in it.
 */
export function worstCase(input: {
  readonly card: RateCard;
  readonly maxInputTokens: number;
  readonly serviceTier?: string | undefined;
  /** It may write to a cache for an hour. */
  readonly cachesForAnHour?: boolean | undefined;
}): WorstCase | UnknownRate {
  const { card, maxInputTokens } = input;
  const divisor = serviceTierDivisor(card, input.serviceTier);
  if (typeof divisor !== "bigint") return divisor;
  if (card.billedBy !== undefined)
    return {
      unknown: true,
      reason: `it is billed by ${card.billedBy}, which nothing in the request bounds; pass hold`,
    };
  let inputPicoUsd = 0n;
  let outputPicoUsd = 0n;
  const dearer = (known: bigint, rate: Rate | undefined) => {
    if (!rate) return known;
    const picoUsd = dearestPicoUsd(rate, maxInputTokens);
    return picoUsd > known ? picoUsd : known;
  };
  for (const rates of card.mayAlsoApply ? [card.rates, ...card.mayAlsoApply] : [card.rates]) {
    inputPicoUsd = dearer(inputPicoUsd, rates.input);
    inputPicoUsd = dearer(inputPicoUsd, rates.cachedInput);
    inputPicoUsd = dearer(inputPicoUsd, rates.cacheWrite);
    if (input.cachesForAnHour === true) inputPicoUsd = dearer(inputPicoUsd, rates.cacheWrite1h);
    inputPicoUsd = dearer(inputPicoUsd, rates.inputAudio);
    inputPicoUsd = dearer(inputPicoUsd, rates.cachedInputAudio);
    inputPicoUsd = dearer(inputPicoUsd, rates.inputImage);
    inputPicoUsd = dearer(inputPicoUsd, rates.cachedInputImage);
    outputPicoUsd = dearer(outputPicoUsd, rates.output);
    outputPicoUsd = dearer(outputPicoUsd, rates.outputAudio);
    outputPicoUsd = dearer(outputPicoUsd, rates.outputImage);
  }
  return { inputNanoUsd: nanoUsdFromPico(inputPicoUsd * BigInt(maxInputTokens)), outputPicoUsd };
}
