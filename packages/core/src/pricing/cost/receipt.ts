import { decimalUsd } from "../../money/money.ts";
import type { RateCard } from "../rates/rate-card.ts";
import { decimalOfPico, picoUsdOfLine, type Cost, type CostLine } from "./cost.ts";

/**
 * A cost with the rate card it was taken from, as plain JSON to be stored beside the charge. Amounts are
 * exact decimal texts in US dollars; a line's `usd` may have 12 decimals, `totalUsd` is their sum rounded up
 * to 9, by `roundedUpUsd`.
 */
export function receiptOf(card: RateCard | undefined, cost: Cost): Record<string, unknown> {
  const rateCard = card && rateCardOf(card);
  if (cost.kind === "unknown")
    return { ...(rateCard ? { rateCard } : {}), kind: cost.kind, unknown: cost.reason };
  const rounding = cost.nanoUsd * 1_000n - cost.picoUsd;
  return {
    ...(rateCard ? { rateCard } : {}),
    kind: cost.kind,
    totalUsd: decimalUsd(cost.nanoUsd),
    ...(rounding === 0n ? {} : { roundedUpUsd: decimalOfPico(rounding) }),
    lines: cost.lines.map((line) => lineOf(line)),
    ...(cost.kind === "lowerBound" ? { missing: [...cost.missing] } : {}),
  };
}

function rateCardOf({ id, source, checkedOn, asOf, matchedBy }: RateCard): Record<string, unknown> {
  return {
    id,
    source,
    ...(checkedOn === undefined ? {} : { checkedOn }),
    ...(asOf === undefined ? {} : { asOf }),
    matchedBy,
  };
}

function lineOf(line: CostLine): Record<string, unknown> {
  const { meter, count, picoUsd, per, model } = line;
  return {
    meter,
    count,
    unitUsd: decimalOfPico(picoUsd),
    ...(per === undefined || per === 1n ? {} : { per: Number(per) }),
    usd: decimalOfPico(picoUsdOfLine(line)),
    ...(model === undefined ? {} : { model }),
  };
}
