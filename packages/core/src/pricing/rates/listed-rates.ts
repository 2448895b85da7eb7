import { picoUsdOfCatalogueNumber } from "./pico-usd.ts";
import type { ConditionalPrices, PricedModel, PriceList, UnitPrices } from "./price-list.ts";
import type { FeeRate, FeeRates, Meter, Rate, Rates, UnknownRate } from "./rate-card.ts";
import type { DatedRates } from "./rate-schedule.ts";

/** Units of a million tokens. */
const METERS: ReadonlyMap<string, Meter> = new Map([
  ["input_mtok", "input"],
  ["cache_read_mtok", "cachedInput"],
  ["cache_write_mtok", "cacheWrite"],
  ["cache_write_1h_mtok", "cacheWrite1h"],
  ["output_mtok", "output"],
  ["input_audio_mtok", "inputAudio"],
  ["cache_audio_read_mtok", "cachedInputAudio"],
  ["output_audio_mtok", "outputAudio"],
  ["input_image_mtok", "inputImage"],
  ["cache_image_read_mtok", "cachedInputImage"],
  ["output_image_mtok", "outputImage"],
  ["input_video_mtok", "inputVideo"],
  ["output_video_mtok", "outputVideo"],
  ["output_reasoning_mtok", "reasoning"],
]);

/** Units of pieces: what a piece is called in a usage, and how many of them the price is for. */
const PIECES: ReadonlyMap<string, readonly [meter: string, per: bigint]> = new Map([
  ["web_searches_kcount", ["web_search", 1_000n]],
  ["storage_searches_kcount", ["file_search", 1_000n]],
  ["requests_kcount", ["request", 1_000n]],
  ["input_document_kpages", ["page", 1_000n]],
  ["input_annotated_document_kpages", ["annotated_page", 1_000n]],
  ["input_audio_hours", ["audioSeconds", 3_600n]],
  ["output_citation_mtok", ["citation_token", 1_000_000n]],
]);

/** Units that are told under another name too. */
const TOLD_TWICE: ReadonlyMap<string, string> = new Map([["audio_hours", "input_audio_hours"]]);

/** The prices of a model over time; unknown for an empty or all-zero list, and for a unit that wflo does not count. */
export function listedRates(
  model: PricedModel,
  { name: source, date: checkedOn }: Pick<PriceList, "name" | "date">,
): readonly DatedRates[] | UnknownRate {
  const conditional: readonly ConditionalPrices[] = isList(model.prices)
    ? model.prices
    : [{ prices: model.prices }];
  const schedule: DatedRates[] = [];
  let begun: Pick<DatedRates, "asOf" | "fromMs"> = {};
  for (const { constraint, prices } of conditional) {
    const read = readUnits(prices);
    if ("unknown" in read) return read;
    if (constraint && "start_date" in constraint) {
      begun = { asOf: constraint.start_date, fromMs: Date.parse(`${constraint.start_date}T00:00:00Z`) };
    }
    // Peak hours belong to the price list they stand behind: they did not exist before it.
    const hours =
      constraint && "start_time" in constraint
        ? {
            hours: { start: millisecondsOf(constraint.start_time), end: millisecondsOf(constraint.end_time) },
          }
        : {};
    schedule.push({
      ...read,
      rates: withHourlyWrites(model.id, read.rates),
      source,
      checkedOn,
      ...begun,
      ...hours,
    });
  }
  return schedule;
}

function isList(prices: PricedModel["prices"]): prices is readonly ConditionalPrices[] {
  return Array.isArray(prices);
}

function readUnits(
  prices: UnitPrices,
): { readonly rates: Rates; readonly fees?: Readonly<Record<string, FeeRate>> } | UnknownRate {
  const rates: Partial<Record<Meter, Rate>> = {};
  const fees: Record<string, FeeRate> = {};
  let allZero = true;
  for (const [unit, price] of Object.entries(prices)) {
    if (price === undefined || prices[TOLD_TWICE.get(unit) ?? ""] !== undefined) continue;
    const rate = rateOf(price);
    if (!rate) return unknown(`the price list has an unreadable ${unit}`);
    if (rate.picoUsd > 0n) allZero = false;
    const meter = METERS.get(unit);
    const piece = PIECES.get(unit);
    if (meter) rates[meter] = rate;
    // A rate is read as a price of a millionth.
    else if (piece) fees[piece[0]] = { picoUsd: rate.picoUsd * 1_000_000n, per: piece[1] };
    else return unknown(`it is also billed by ${unit}, which wflo does not count`);
  }
  if (allZero) return unknown("the price list knows the model but not its price");
  return { rates, ...(Object.keys(fees).length === 0 ? {} : { fees }) };
}

/** The one thing that a model without prices of tokens is billed by; undefined where there are such prices, or several. */
export function billedByOf({ rates, fees = {} }: DatedRates): string | undefined {
  const [only, ...others] = Object.keys(fees satisfies FeeRates);
  return Object.keys(rates).length === 0 && others.length === 0 ? only : undefined;
}

/**
 * Claude's cache for an hour costs twice the input wherever it is served (Anthropic's price page: the multipliers hold on all
 * platforms); the list has that for few of them.
 */
function withHourlyWrites(id: string, rates: Rates): Rates {
  const { input, cacheWrite, cacheWrite1h } = rates;
  if (!id.includes("claude") || !input || !cacheWrite || cacheWrite1h) return rates;
  const twice = ({ picoUsd, tiers }: Rate): Rate => ({
    picoUsd: picoUsd * 2n,
    tiers: tiers.map((tier) => ({ ...tier, picoUsd: tier.picoUsd * 2n })),
  });
  return { ...rates, cacheWrite1h: twice(input) };
}

function rateOf(price: NonNullable<UnitPrices[string]>): Rate | undefined {
  const { base, tiers } = typeof price === "number" ? { base: price, tiers: [] } : price;
  const picoUsd = picoUsdOfCatalogueNumber(base);
  if (picoUsd === undefined) return undefined;
  const read: { aboveInputTokens: number; picoUsd: bigint }[] = [];
  for (const tier of tiers) {
    const tierPicoUsd = picoUsdOfCatalogueNumber(tier.price);
    if (tierPicoUsd === undefined) return undefined;
    read.push({ aboveInputTokens: tier.start, picoUsd: tierPicoUsd });
  }
  return { picoUsd, tiers: read.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens) };
}

/** `00:30:00Z` as milliseconds after midnight. */
function millisecondsOf(time: string): number {
  return Date.parse(`1970-01-01T${time}`);
}

function unknown(reason: string): UnknownRate {
  return { unknown: true, reason };
}
