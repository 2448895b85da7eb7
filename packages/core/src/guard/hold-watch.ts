import { divideDown } from "../money/rounding.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { modifiedRates, tierModifier } from "../pricing/rates/modified-rates.ts";
import type { StreamedOutput } from "./guard-request.ts";

/** Ordinary text has four bytes a token or fewer; a server that sends single letters sends more pieces than tokens. */
const BYTES_PER_TOKEN = 4;
/** With o200k_base, texts in Hindi and Russian have up to 10 bytes a token, single words up to 14. */
const MOST_BYTES_PER_TOKEN = 16;
/** No answer has more of them all the way, be it made of the longest words or rows of dashes. */
const CERTAIN_BYTES_PER_TOKEN = 4 * MOST_BYTES_PER_TOKEN;

/**
 * The output that a hold pays for, in tokens, at the lowest rate that can apply: an answer above it costs more than was held for
 * it, whatever its input cost. Undefined where the price of output is not known.
 */
export function tokensPaidBy(
  heldNanoUsd: bigint,
  card: RateCard | undefined,
  serviceTier: string | undefined,
): number | undefined {
  if (card === undefined) return undefined;
  const tier = tierModifier(serviceTier);
  // A tier that was asked for may not be the one that serves.
  const all = [card.rates, ...(card.mayAlsoApply ?? [])].flatMap((rates) =>
    (tier === undefined ? [[]] : [[], [tier]]).map((modifiers) => modifiedRates(card, modifiers, 0, rates)),
  );
  const [first, ...others] = all.flatMap(({ rates: { output } }) =>
    output ? [output.picoUsd, ...output.tiers.map(({ picoUsd }) => picoUsd)] : [],
  );
  if (first === undefined || all.some(({ unpriced }) => unpriced.length > 0)) return undefined;
  const lowest = others.reduce((least, rate) => (rate < least ? rate : least), first);
  return lowest === 0n ? undefined : Number(divideDown(heldNanoUsd * 1_000n, lowest));
}

/** Output tokens that an answer has for certain: never more than there are, so that no answer within its hold is cut. */
export function outputTokensAtLeast({ bytes, pieces }: StreamedOutput): number {
  const byPieces = Math.min(pieces, Math.floor(bytes / BYTES_PER_TOKEN));
  return Math.max(byPieces, Math.floor(bytes / CERTAIN_BYTES_PER_TOKEN));
}

/** Output tokens of ordinary text, or more: English has five to eight bytes a token, single letters may be sent as pieces. */
export function outputTokensLikely({ bytes, pieces }: StreamedOutput): number {
  return Math.max(pieces, Math.floor(bytes / BYTES_PER_TOKEN));
}

/** Output tokens that an answer has for certain by its bytes: text of hardly any language has more bytes a token. */
export function outputTokensByBytes({ bytes }: StreamedOutput): number {
  return Math.ceil(bytes / MOST_BYTES_PER_TOKEN);
}
