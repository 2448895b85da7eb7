import { OVERLAY_FEES } from "./overlay/overlay.ts";
import type { OverlayFee } from "./overlay/row.ts";
import { picoUsdPerPiece } from "./pico-usd.ts";
import type { FeeRate, RateCard } from "./rate-card.ts";

/** The price of pieces, and the input tokens that a piece costs beside it, which no usage shows. */
export interface KnownFee extends FeeRate {
  readonly alsoInputTokens?: number;
}

/**
 * The price of a fee such as `web_search` at the card's provider: the user's, else wflo's own, else that of the price list. Undefined
 * where none is known.
 */
export function feeRate(card: RateCard, meter: string): KnownFee | undefined {
  // Names of meters come from answers: `toString` is none.
  const listed = card.fees && Object.hasOwn(card.fees, meter) ? card.fees[meter] : undefined;
  if (listed && card.source === "user") return listed;
  const row = OVERLAY_FEES.find(
    (fee) => fee.provider === card.provider && fee.meter === meter && (fee.models?.test(card.model) ?? true),
  );
  return row ? { ...rateOf(row), ...alsoInput(row, card) } : listed;
}

function rateOf({ dollars, per, least, once }: OverlayFee): FeeRate {
  return {
    picoUsd: picoUsdPerPiece(dollars),
    ...(per === undefined ? {} : { per: BigInt(per) }),
    ...(least === undefined ? {} : { least }),
    ...(once === undefined ? {} : { once }),
  };
}

function alsoInput({ alsoInputTokens: also }: OverlayFee, card: RateCard): Pick<KnownFee, "alsoInputTokens"> {
  return also?.models.test(card.model) ? { alsoInputTokens: also.tokens } : {};
}
