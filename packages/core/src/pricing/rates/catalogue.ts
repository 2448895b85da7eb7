import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import { genaiPricesModel } from "./genai-prices-model.ts";
import { modelId } from "./model-id.ts";
import { modelSize } from "./model-size.ts";
import { overlayModel } from "./overlay-rates.ts";
import { priceKey, readPriceTable, type PriceTable, type ReadPrice } from "./price-table.ts";
import { providerName } from "./provider-name.ts";
import type { RateCard, UnknownRate } from "./rate-card.ts";
import { indexAt, indexesWithinADay, type DatedRates } from "./rate-schedule.ts";

export type { PriceTable, UserPrice } from "./price-table.ts";
export type { UnknownRate } from "./rate-card.ts";

const MAX_CACHED = 500;
const MAX_NAME_LENGTH = 512;

/**
 * Finds the price of a model. `at` defaults to now; a user's own price wins over wflo's rows, and these over
 * genai-prices.
 */
export interface Catalogue {
  find(query: {
    readonly provider: string;
    readonly model: string;
    readonly at?: Date;
  }): RateCard | UnknownRate;
}

/** A card that holds always, or a choice by time. */
type Found = RateCard | UnknownRate | ((atMs: number) => RateCard | UnknownRate);

/**
 * Throws `InvalidOptionError` or `InvalidAmountError` for a price table that cannot mean anything, naming the
 * key.
 */
export function createCatalogue(prices: PriceTable = {}): Catalogue {
  const table = readPriceTable(prices);
  for (const [key, price] of table) checkTarget(key, price);
  const cache = new Map<string, Found>();

  return {
    find({ provider, model, at }) {
      const key = `${provider}\n${model}`;
      let found = cache.get(key);
      if (found === undefined) {
        if (key.length > MAX_NAME_LENGTH) return unknown("its name is too long to be a model's");
        found = look(table, provider, model);
        // The oldest goes first: names come from callers, and must not pile up.
        if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value ?? "");
        cache.set(key, found);
      }
      return typeof found === "function" ? found(at ? at.getTime() : Date.now()) : found;
    },
  };
}

function checkTarget(key: string, price: ReadPrice): void {
  if (price.kind !== "like") return;
  const found = listed(providerName(price.provider), price.model, "user");
  if (typeof found === "function" || !("unknown" in found)) return;
  throw new InvalidOptionError(
    `prices["${key}"]: like points to ${price.provider}/${price.model}, which has no price: ${found.reason}.`,
  );
}

function look(table: ReadonlyMap<string, ReadPrice>, rawProvider: string, model: string): Found {
  const provider = providerName(rawProvider);
  const id = modelId(provider, model);
  if (provider === "" || id === "") return unknown("the request names no provider or no model");
  const price = table.get(priceKey(provider, model));
  if (price?.kind === "like") return listed(providerName(price.provider), price.model, "user");
  if (price) return userCard(provider, id, price);
  return listed(provider, model);
}

function userCard(provider: string, id: string, price: Extract<ReadPrice, { kind: "own" }>): RateCard {
  const listing = genaiPricesModel(provider, id);
  const { kind: _, ...given } = price;
  return {
    id: `${provider}/${id}`,
    provider,
    model: id,
    source: "user",
    matchedBy: "user",
    ...("unknown" in listing || listing.contextWindow === undefined
      ? {}
      : { contextWindow: listing.contextWindow }),
    ...modelSize(provider, id),
    ...given,
  };
}

/** The price that wflo's own rows and genai-prices give. */
function listed(provider: string, model: string, matchedBy?: "user"): Found {
  const id = modelId(provider, model);
  const catalogued = genaiPricesModel(provider, id);
  const known = "unknown" in catalogued ? undefined : catalogued;
  const overlay = overlayModel(provider, id, known?.schedule ?? []);
  if (overlay && "unknown" in overlay) return overlay;
  const schedule = overlay?.schedule ?? known?.schedule ?? [];
  if (schedule.length === 0)
    return "unknown" in catalogued ? catalogued : unknown("the price catalogue is empty for it");

  const name = overlay?.model ?? known?.id ?? id;
  const contextWindow = overlay?.contextWindow ?? known?.contextWindow;
  return cardBySchedule(schedule, {
    id: `${provider}/${name}`,
    provider,
    model: name,
    matchedBy: matchedBy ?? known?.matchedBy ?? (overlay?.model === undefined ? "exact" : "family"),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(overlay?.billedBy === undefined ? {} : { billedBy: overlay.billedBy }),
    ...modelSize(provider, id),
  });
}

function cardBySchedule(
  schedule: readonly DatedRates[],
  base: Omit<RateCard, "rates" | "source" | "asOf" | "mayAlsoApply">,
): Found {
  const cards = schedule.map(({ rates, source, asOf }): RateCard => {
    return { ...base, source, rates, ...(asOf === undefined ? {} : { asOf }) };
  });
  const [only] = cards;
  if (cards.length === 1 && only) return only;
  // Made once for each set of rates that may apply within a day; a model has a handful of them.
  const made = new Map<string, RateCard>();
  return (atMs) => {
    if (Number.isNaN(atMs)) return unknown("the date asked for is not a date");
    const index = indexAt(schedule, atMs);
    const card = cards[index];
    const others = indexesWithinADay(schedule, atMs);
    if (!card || others.length === 0) return card ?? unknown("it has no price at that time");
    const key = `${index}:${others.join()}`;
    let whole = made.get(key);
    if (!whole) {
      whole = { ...card, mayAlsoApply: others.flatMap((other) => cards[other]?.rates ?? []) };
      made.set(key, whole);
    }
    return whole;
  };
}

function unknown(reason: string): UnknownRate {
  return { unknown: true, reason };
}
