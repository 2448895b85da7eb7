import { OVERLAY_RATES, OVERLAY_UNKNOWN } from "./overlay/overlay.ts";
import type { ListedModel } from "./listed-model.ts";
import type { OverlayRates, TokenPrices } from "./overlay/row.ts";
import { picoUsdPerToken } from "./pico-usd.ts";
import type { Meter, Rate, Rates, UnknownRate } from "./rate-card.ts";
import type { DatedRates } from "./rate-schedule.ts";

const HOUR_MS = 3_600_000;

/**
 * What wflo's own rows say about a model: rates that follow the price list's in time, or that there is no
 * price.
 */
export interface OverlayModel {
  readonly model?: string;
  readonly contextWindow?: number;
  readonly billedBy?: string;
  readonly schedule: readonly DatedRates[];
}

/** The rows for a model on top of the price list's rates; undefined when there are none. */
export function overlayModel(
  provider: string,
  id: string,
  listed: ListedModel | undefined,
): OverlayModel | UnknownRate | undefined {
  const unknown = OVERLAY_UNKNOWN.find((row) => row.provider === provider && row.ids.test(id));
  if (unknown) return { unknown: true, reason: unknown.reason };
  const rows = OVERLAY_RATES.filter(
    (row) =>
      row.provider === provider &&
      row.ids.test(id) &&
      !(row.ifUnlisted === true && (listed?.matchedBy === "exact" || listed?.id === row.model)),
  );
  if (rows.length === 0) return undefined;

  const schedule: DatedRates[] = [...(listed?.schedule ?? [])];
  for (const row of rows) {
    const rates = ratesOf(row);
    if (row.adds) {
      for (const [index, entry] of schedule.entries()) {
        schedule[index] = {
          ...entry,
          source: `${entry.source} + overlay`,
          checkedOn: row.checkedOn,
          rates: { ...entry.rates, ...rates },
        };
      }
      continue;
    }
    const begun = row.from === undefined ? {} : { asOf: row.from.slice(0, 10), fromMs: Date.parse(row.from) };
    schedule.push({ rates, source: "overlay", checkedOn: row.checkedOn, ...begun, ...hoursOf(row) });
  }
  const { model, contextWindow, billedBy } = rows.at(-1) ?? {};
  return {
    schedule,
    ...(model === undefined ? {} : { model }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(billedBy === undefined ? {} : { billedBy }),
  };
}

function hoursOf({ hours }: OverlayRates): Pick<DatedRates, "hours"> {
  return hours === undefined ? {} : { hours: { start: hours[0] * HOUR_MS, end: hours[1] * HOUR_MS } };
}

function ratesOf({ rates: prices, long }: OverlayRates): Rates {
  const rates: Partial<Record<Meter, Rate>> = {};
  for (const [meter, dollars] of entriesOf(prices)) {
    const above = long?.rates[meter];
    rates[meter] = {
      picoUsd: picoUsdPerToken(dollars),
      tiers:
        long && above !== undefined
          ? [{ aboveInputTokens: long.aboveInputTokens, picoUsd: picoUsdPerToken(above) }]
          : [],
    };
  }
  return rates;
}

function entriesOf(prices: TokenPrices): readonly (readonly [Meter, string])[] {
  return Object.entries(prices) as [Meter, string][];
}
