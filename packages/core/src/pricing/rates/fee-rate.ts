import { OVERLAY_FEES, type OverlayFee } from "./overlay-fees.ts";
import { picoUsdPerPiece } from "./pico-usd.ts";
import type { RateCard } from "./rate-card.ts";

/** The price of one piece of a fee, and what a piece costs beside it that no usage shows. */
export interface FeeRate {
  readonly picoUsd: bigint;
  readonly alsoBilled: string | undefined;
}

/** The price of a fee such as `web_search` at the card's provider; undefined where none is known. */
export function feeRate(card: RateCard, meter: string): FeeRate | undefined {
  const row = OVERLAY_FEES.find(
    (fee) => fee.provider === card.provider && fee.meter === meter && (fee.models?.test(card.model) ?? true),
  );
  if (!row) return undefined;
  return { picoUsd: picoUsdPerPiece(row.dollars), alsoBilled: alsoBilled(row, card) };
}

function alsoBilled(row: OverlayFee, card: RateCard): string | undefined {
  return row.alsoBilled?.models.test(card.model) ? row.alsoBilled.what : undefined;
}
