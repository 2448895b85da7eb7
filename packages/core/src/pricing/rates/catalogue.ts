import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import { listedModel } from "./listed-model.ts";
import { modelId } from "./model-id.ts";
import { modelSize } from "./model-size.ts";
import { overlayModel } from "./overlay-rates.ts";
import { priceKey, readPriceTable, type PriceTable, type ReadPrice } from "./price-table.ts";
import { carriedPriceList, type PriceList } from "./price-list.ts";
import { providerName } from "./provider-name.ts";
import type { RateCard, UnknownRate } from "./rate-card.ts";
import { indexAt, indexesWithinADay, type DatedRates } from "./rate-schedule.ts";

export type { PriceTable } from "./price-table.ts";
export type { UserPrice } from "./user-price.ts";
export type { UnknownRate } from "./rate-card.ts";

/** Vercel's gateway asks what the maker of a model asks: so its recorded answers tell their cost, with surcharges apart (vercel/ai, grok-4.5, 2026). */
const PASSES_ON = "vercel";
const MAX_CACHED = 500;
const MAX_NAME_LENGTH = 512;

/** Finds the price of a model. `at` defaults to now; a user's own price wins over wflo's rows, and these over the price list. */
export interface Catalogue {
  find(query: {
    readonly provider: string;
    readonly model: string;
    readonly at?: Date;
  }): RateCard | UnknownRate;
  /** Whether what a provider itself says that it took is the cost. */
  readonly trustsReported: boolean;
  /** The list in use: the one that core carries, until a newer one is used. */
  list(): PriceList;
  /** Takes another list from now on. */
  use(list: PriceList): void;
}

/** A card that holds always, or a choice by time. */
type Found = RateCard | UnknownRate | ((atMs: number) => RateCard | UnknownRate);

/**
 * Throws `InvalidOptionError` or `InvalidAmountError` for a price table that cannot mean anything, naming the
 * key.
 */
export function createCatalogue(prices: PriceTable = {}, trustsReported = false): Catalogue {
  const table = readPriceTable(prices);
  const cache = new Map<string, Found>();
  // Read when it is first needed.
  let newer: PriceList | undefined;
  const list = () => newer ?? carriedPriceList();
  for (const [key, price] of table) checkTarget(list, key, price);

  return {
    trustsReported,
    list,
    use(next) {
      newer = next;
      cache.clear();
    },
    find({ provider, model, at }) {
      const key = `${provider}\n${model}`;
      let found = cache.get(key);
      if (found === undefined) {
        if (key.length > MAX_NAME_LENGTH) return unknown("its name is too long to be a model's");
        found = look(list(), table, provider, model);
        // The oldest goes first: names come from callers, and must not pile up.
        if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value ?? "");
        cache.set(key, found);
      }
      return typeof found === "function" ? found(at ? at.getTime() : Date.now()) : found;
    },
  };
}

function checkTarget(list: () => PriceList, key: string, price: ReadPrice): void {
  if (price.kind !== "like") return;
  const found = listed(list(), providerName(price.provider), price.model, "user");
  if (typeof found === "function" || !("unknown" in found)) return;
  throw new InvalidOptionError(
    `prices["${key}"]: like points to ${price.provider}/${price.model}, which has no price: ${found.reason}.`,
  );
}

function look(
  list: PriceList,
  table: ReadonlyMap<string, ReadPrice>,
  rawProvider: string,
  model: string,
): Found {
  const provider = providerName(rawProvider);
  const id = modelId(provider, model);
  if (provider === "" || id === "") return unknown("the request names no provider or no model");
  const price = table.get(priceKey(provider, model));
  if (price?.kind === "like") return listed(list, providerName(price.provider), price.model, "user");
  if (price) return userCard(list, provider, id, price);
  return listed(list, provider, model);
}

function userCard(
  list: PriceList,
  provider: string,
  id: string,
  price: Extract<ReadPrice, { kind: "own" }>,
): RateCard {
  const listing = listedModel(list, provider, id);
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

/** The price that wflo's own rows and the price list give. */
function listed(list: PriceList, provider: string, model: string, matchedBy?: "user"): Found {
  const maker = provider === PASSES_ON ? /^([^/]+)\/(.+)$/.exec(model.trim()) : undefined;
  if (maker) return listed(list, providerName(maker[1] ?? ""), maker[2] ?? "", matchedBy);
  const id = modelId(provider, model);
  // What costs nothing is a variant of a model that there is.
  const free = /^(.+):free$/.exec(id);
  if (
    free &&
    "unknown" in listedModel(list, provider, free[1] ?? "") &&
    "unknown" in listedModel(list, provider, id)
  )
    return unknown("the price list has no model of which this is the free variant");
  const catalogued = listedModel(list, provider, id);
  const known = "unknown" in catalogued ? undefined : catalogued;
  const overlay = overlayModel(provider, id, known);
  if (overlay && "unknown" in overlay) return overlay;
  const schedule = overlay?.schedule ?? known?.schedule ?? [];
  if (schedule.length === 0)
    return "unknown" in catalogued ? catalogued : unknown("the price list is empty for it");

  const name = overlay?.model ?? known?.id ?? id;
  const contextWindow = overlay?.contextWindow ?? known?.contextWindow;
  return cardBySchedule(schedule, {
    id: `${provider}/${name}`,
    provider,
    model: name,
    matchedBy: matchedBy ?? known?.matchedBy ?? (overlay?.model === undefined ? "exact" : "family"),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...billed(overlay?.billedBy ?? (overlay ? undefined : known?.billedBy)),
    ...modelSize(provider, id),
  });
}

function billed(billedBy: string | undefined): Pick<RateCard, "billedBy"> {
  return billedBy === undefined ? {} : { billedBy };
}

function cardBySchedule(
  schedule: readonly DatedRates[],
  base: Omit<RateCard, "rates" | "fees" | "source" | "checkedOn" | "asOf" | "mayAlsoApply">,
): Found {
  const cards = schedule.map(({ rates, fees, source, checkedOn, asOf }): RateCard => {
    return {
      ...base,
      source,
      rates,
      ...(fees ? { fees } : {}),
      ...(checkedOn === undefined ? {} : { checkedOn }),
      ...(asOf === undefined ? {} : { asOf }),
    };
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
