import {
  calcPrice,
  findProvider,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from "@pydantic/genai-prices";
import { variantOf, withoutDate } from "./model-id.ts";
import { picoUsdOfCatalogueNumber } from "./pico-usd.ts";
import type { Meter, Rate, UnknownRate } from "./rate-card.ts";
import type { DatedRates } from "./rate-schedule.ts";

/** Where the catalogue's rates come from, pinned: the version is part of every receipt. */
export const GENAI_PRICES = "genai-prices@0.1.8";

/** A model as the catalogue knows it. */
export interface CataloguedModel {
  readonly id: string;
  readonly matchedBy: "exact" | "family";
  readonly schedule: readonly DatedRates[];
  readonly contextWindow?: number;
}

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
]);

/** Prices that stand for usage which is reported apart (fees), so they hide nothing when left out. */
const REPORTED_APART = new Set(["web_searches_kcount", "storage_searches_kcount"]);

const RELEASE_WORDS = new Set(["beta", "exp", "experimental", "instruct", "latest", "preview", "thinking"]);

/** Our provider names that the catalogue keeps under another. */
const CATALOGUE_PROVIDER: ReadonlyMap<string, string> = new Map([["google-vertex", "google"]]);

/**
 * The catalogue's dated rates for a provider's model, both as `providerName` and `modelId` write them.
 * Unknown for what it does not have, for an empty or all-zero card, for a model also billed by something that
 * wflo does not count yet, and for a fine-tune or a deployment that it would price by a part of the name
 * only.
 */
export function genaiPricesModel(provider: string, id: string): CataloguedModel | UnknownRate {
  const providerId = CATALOGUE_PROVIDER.get(provider) ?? provider;
  if (findProvider({ providerId })?.id !== providerId)
    return unknown(`the price catalogue has no provider "${provider}"`);
  const model = id.startsWith("arn:") ? undefined : calcPrice({}, id, { providerId })?.model;
  const matchedBy = model && howMatched(model, id, provider);
  if (!model || !matchedBy) return unknown(whyNot(id));
  const variant = variantOf(id);
  if (variant !== undefined && matchedBy !== "exact")
    return unknown(`":${variant}" changes what ${id} costs`);
  // A fine-tune costs more than its base, and the catalogue has some under the base's price.
  if (id.startsWith("ft:") && !model.id.startsWith("ft:"))
    return unknown("there is no price for this fine-tune");

  const schedule = scheduleOf(model);
  if ("unknown" in schedule) return schedule;
  const found = { id: model.id, matchedBy, schedule };
  return model.context_window === undefined ? found : { ...found, contextWindow: model.context_window };
}

function whyNot(id: string): string {
  if (id.startsWith("ft:")) return "there is no price for this fine-tune";
  if (id.startsWith("arn:")) return "the resource behind this ARN is not visible in its name";
  return "the price catalogue has no such model; check the spelling";
}

function scheduleOf(model: ModelInfo): readonly DatedRates[] | UnknownRate {
  const conditional: readonly ConditionalPrice[] = Array.isArray(model.prices)
    ? model.prices
    : [{ prices: model.prices }];
  const schedule: DatedRates[] = [];
  let begun: Pick<DatedRates, "asOf" | "fromMs"> = {};
  for (const { constraint, prices } of conditional) {
    const rates = ratesOf(prices);
    if ("unknown" in rates) return rates;
    if (constraint?.type === "start_date") {
      begun = { asOf: constraint.start_date, fromMs: Date.parse(`${constraint.start_date}T00:00:00Z`) };
    }
    // Peak hours belong to the price list they stand behind: they did not exist before it.
    const hours =
      constraint?.type === "time_of_date"
        ? {
            hours: { start: millisecondsOf(constraint.start_time), end: millisecondsOf(constraint.end_time) },
          }
        : {};
    schedule.push({ rates, source: GENAI_PRICES, ...begun, ...hours });
  }
  return schedule;
}

function ratesOf(prices: ModelPrice): Readonly<Partial<Record<Meter, Rate>>> | UnknownRate {
  const rates: Partial<Record<Meter, Rate>> = {};
  let allZero = true;
  for (const [key, price] of Object.entries(prices)) {
    if (price === undefined || REPORTED_APART.has(key)) continue;
    const meter = METERS.get(key);
    if (!meter) return unknown(`it is also billed by ${key}, which wflo does not count yet`);
    const rate = rateOf(price);
    if (!rate) return unknown(`the price catalogue has an unreadable ${key}`);
    if (rate.picoUsd > 0n) allZero = false;
    rates[meter] = rate;
  }
  return allZero ? unknown("the price catalogue knows the model but not its price") : rates;
}

function rateOf(price: NonNullable<ModelPrice[string]>): Rate | undefined {
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

/**
 * Is the id one the catalogue spells out, or does it only begin like one? Undefined when it stops in the
 * middle of a word.
 */
function howMatched(model: ModelInfo, id: string, provider: string): "exact" | "family" | undefined {
  if (model.id.toLowerCase() === id) return "exact";
  const dashed = id.replace(/-(20\d{2})(\d{2})(\d{2})(?=-|:|$)/, "-$1-$2-$3");
  const match = clauseMatch(model.match, id) ?? clauseMatch(model.match, dashed);
  if (match !== "family" || provider !== "azure") return match;
  // The user of Azure makes the names up: `o4-mini-for-sales` may be any model, so only a date may be added.
  return clauseMatch(model.match, withoutDate(id)) === "exact" ? "family" : undefined;
}

function clauseMatch(clause: MatchLogic, id: string): "exact" | "family" | undefined {
  if ("or" in clause) {
    const matches = clause.or.map((part) => clauseMatch(part, id));
    return matches.includes("exact") ? "exact" : matches.find((match) => match !== undefined);
  }
  if ("and" in clause) return clause.and.every((part) => clauseMatch(part, id)) ? "family" : undefined;
  if ("regex" in clause) return new RegExp(clause.regex).test(id) ? "family" : undefined;
  const [literal = ""] = Object.values(clause).map((text) => text.toLowerCase());
  if (id === literal) return "exact";
  if ("equals" in clause) return undefined;
  const start = "ends_with" in clause ? id.length - literal.length : id.indexOf(literal);
  if (start < 0 || ("starts_with" in clause && start > 0) || !id.startsWith(literal, start)) return undefined;
  const end = start + literal.length;
  return isBoundary(id, start) && isBoundary(id, end) && isRelease(literal, id.slice(end))
    ? "family"
    : undefined;
}

/** False in the middle of a word, so that `deepseek-chatt` is not taken for `deepseek-chat`. */
function isBoundary(id: string, index: number): boolean {
  return !/^[a-z0-9]{2}$/.test(id.slice(Math.max(index - 1, 0), index + 1));
}

/**
 * Is the rest of an id a date, a version or a release word? Another word may be a misspelling, or a model of
 * its own.
 */
function isRelease(literal: string, rest: string): boolean {
  if (/(?:^|[.:])ft[:-]/.test(literal)) return true;
  return rest.split(/[^a-z0-9]+/).every((word) => word === "" || /\d/.test(word) || RELEASE_WORDS.has(word));
}

function unknown(reason: string): UnknownRate {
  return { unknown: true, reason };
}
