import { InvalidAmountError } from "../../errors/invalid-amount-error.ts";
import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import type { MoneyInput } from "../../money/money.ts";
import { modelId } from "./model-id.ts";
import { picoUsdPerToken } from "./pico-usd.ts";
import { providerName } from "./provider-name.ts";
import type { Rate, Rates } from "./rate-card.ts";

/**
 * A price of your own, in dollars per million tokens (more than 6 decimals round up). Zero counts only when
 * it is written.
 */
export interface UserPrice {
  readonly input: MoneyInput;
  readonly output?: MoneyInput;
  readonly cachedInput?: MoneyInput;
  readonly cacheWrite?: MoneyInput;
  /** Audio and images, where their tokens have prices of their own. */
  readonly inputAudio?: MoneyInput;
  readonly outputAudio?: MoneyInput;
  readonly inputImage?: MoneyInput;
  readonly outputImage?: MoneyInput;
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
}

/** Prices by `provider/model`: your own, or those of another model, as for an Azure deployment. */
export type PriceTable = Readonly<Record<string, UserPrice | { readonly like: string }>>;

/** A row of the table, read: rates, or the provider and model whose catalogue price it takes. */
export type ReadPrice =
  | {
      readonly kind: "own";
      readonly rates: Rates;
      readonly contextWindow?: number;
      readonly maxOutputTokens?: number;
    }
  | { readonly kind: "like"; readonly provider: string; readonly model: string };

const AMOUNTS = [
  "input",
  "output",
  "cachedInput",
  "cacheWrite",
  "inputAudio",
  "outputAudio",
  "inputImage",
  "outputImage",
] as const;
const COUNTS = ["contextWindow", "maxOutputTokens"] as const;
const FIELDS: ReadonlySet<string> = new Set([...AMOUNTS, ...COUNTS]);

/**
 * Reads a user's price table; the result is keyed by `priceKey`. Chains of `like` are followed to their end.
 * Throws `InvalidOptionError` or `InvalidAmountError` that name the key.
 */
export function readPriceTable(prices: PriceTable): ReadonlyMap<string, ReadPrice> {
  const rows = new Map<string, { readonly name: string; readonly price: ReadPrice }>();
  for (const [name, price] of Object.entries(prices)) {
    const { provider, model } = split(name, name);
    const key = priceKey(provider, model);
    const same = rows.get(key);
    if (same)
      throw new InvalidOptionError(
        `prices["${name}"] and prices["${same.name}"] are the same model; keep one.`,
      );
    rows.set(key, { name, price: readPrice(name, price) });
  }
  const table = new Map<string, ReadPrice>();
  for (const [key, row] of rows) table.set(key, followed(row, rows));
  return table;
}

/** How a model is found in the table, whatever spelling of provider and model the caller uses. */
export function priceKey(provider: string, model: string): string {
  const name = providerName(provider);
  return `${name}/${modelId(name, model)}`;
}

function split(text: unknown, name: string): { readonly provider: string; readonly model: string } {
  const [, provider, model] = (typeof text === "string" && /^([^/]+)\/(.+)$/.exec(text.trim())) || [];
  if (provider && model) return { provider: provider.trim(), model: model.trim() };
  throw new InvalidOptionError(
    `prices["${name}"]: write "provider/model", such as "openai/gpt-4o", instead of "${String(text)}".`,
  );
}

function readPrice(name: string, price: unknown): ReadPrice {
  if (typeof price !== "object" || price === null) {
    throw new InvalidOptionError(
      `prices["${name}"] must be { input, output, … } or { like: "provider/model" }.`,
    );
  }
  if ("like" in price) {
    if (Object.keys(price).length === 1) return { kind: "like", ...split(price.like, name) };
    throw new InvalidOptionError(
      `prices["${name}"]: like stands alone; it takes over the other model's price as a whole.`,
    );
  }
  const strange = Object.keys(price).find((field) => !FIELDS.has(field));
  if (strange !== undefined) {
    throw new InvalidOptionError(
      `prices["${name}"] has no option ${strange}; there are ${[...FIELDS].join(", ")}.`,
    );
  }
  const given = price as Partial<Record<string, unknown>>;
  if (given["input"] === undefined) {
    throw new InvalidOptionError(`prices["${name}"] needs input, in dollars per million tokens.`);
  }
  const rates: Partial<Record<(typeof AMOUNTS)[number], Rate>> = {};
  for (const field of AMOUNTS) {
    if (given[field] !== undefined)
      rates[field] = { picoUsd: readAmount(name, field, given[field]), tiers: [] };
  }
  const limits: Partial<Record<(typeof COUNTS)[number], number>> = {};
  for (const field of COUNTS) {
    const count = given[field];
    if (count === undefined) continue;
    if (!Number.isSafeInteger(count) || (count as number) < 1) {
      throw new InvalidOptionError(`prices["${name}"].${field} must be a whole number of tokens above 0.`);
    }
    limits[field] = count as number;
  }
  return { kind: "own", rates, ...limits };
}

function readAmount(name: string, field: string, value: unknown): bigint {
  try {
    return picoUsdPerToken(value as MoneyInput);
  } catch {
    throw new InvalidAmountError(
      String(value),
      `prices["${name}"].${field} takes dollars per million tokens, such as "2.50", with at most 9 decimals`,
    );
  }
}

function followed(
  row: { readonly name: string; readonly price: ReadPrice },
  rows: ReadonlyMap<string, { readonly name: string; readonly price: ReadPrice }>,
): ReadPrice {
  const seen = new Set([row.name]);
  let { price } = row;
  while (price.kind === "like") {
    const next = rows.get(priceKey(price.provider, price.model));
    if (!next) return price;
    if (seen.has(next.name)) {
      throw new InvalidOptionError(
        `prices["${row.name}"]: like goes in a circle over ${[...seen].join(", ")}.`,
      );
    }
    seen.add(next.name);
    ({ price } = next);
  }
  return price;
}
