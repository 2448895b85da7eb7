import { decimalUsd } from "../../money/money.ts";
import type { Cost } from "./cost-of-usage.ts";
import type { RateCard } from "../rates/rate-card.ts";

const PICO_PER_USD = 1_000_000_000_000n;

/**
 * A cost with the rate card it was taken from, as plain JSON to be stored beside the charge. Amounts are
 * exact decimal texts in US dollars; a line's `usd` may have 12 decimals, `totalUsd` is their sum rounded up
 * to 9.
 */
export function receiptOf(card: RateCard, cost: Cost): Record<string, unknown> {
  const { id, source, asOf, matchedBy } = card;
  const rateCard = { id, source, ...(asOf === undefined ? {} : { asOf }), matchedBy };
  if (cost.kind === "unknown") return { rateCard, kind: cost.kind, unknown: cost.reason };
  return {
    rateCard,
    kind: cost.kind,
    totalUsd: decimalUsd(cost.nanoUsd),
    lines: cost.lines.map(({ meter, count, picoUsd }) => {
      return { meter, count, unitUsd: decimalOfPico(picoUsd), usd: decimalOfPico(picoUsd * BigInt(count)) };
    }),
    ...(cost.kind === "lowerBound" ? { missing: [...cost.missing] } : {}),
  };
}

function decimalOfPico(picoUsd: bigint): string {
  const fraction = (picoUsd % PICO_PER_USD).toString().padStart(12, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${picoUsd / PICO_PER_USD}.${fraction}`;
}
