import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import { modelId } from "./model-id.ts";
import { providerName } from "./provider-name.ts";
import { readUserPrice, type ReadUserPrice, type UserPrice } from "./user-price.ts";

/** Prices by `provider/model`: your own, or those of another model, as for an Azure deployment. */
export type PriceTable = Readonly<Record<`${string}/${string}`, UserPrice | { readonly like: string }>>;

/** A row of the table, read: rates, or the provider and model whose catalogue price it takes. */
export type ReadPrice =
  | ReadUserPrice
  | { readonly kind: "like"; readonly provider: string; readonly model: string };

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
  return readUserPrice(name, price as Readonly<Record<string, unknown>>);
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
