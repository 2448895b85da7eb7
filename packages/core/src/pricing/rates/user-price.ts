import { InvalidAmountError } from "../../errors/invalid-amount-error.ts";
import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import { decimalUsd, usd, type MoneyInput } from "../../money/money.ts";
import { picoUsdPerPiece, picoUsdPerToken } from "./pico-usd.ts";
import type { FeeRates, Meter, Rate, Rates } from "./rate-card.ts";

/**
 * A price of your own, in dollars per million tokens (more than 6 decimals round up). Zero counts only when
 * it is written. Amounts below a thousandth are refused, as prices of one token.
 */
export interface UserPrice {
  readonly input: MoneyInput;
  /** Without it only requests that have no output can be priced, such as for embeddings. */
  readonly output?: MoneyInput | undefined;
  readonly cachedInput?: MoneyInput | undefined;
  readonly cacheWrite?: MoneyInput | undefined;
  /** Where writes that are kept for an hour have a price of their own. */
  readonly cacheWrite1h?: MoneyInput | undefined;
  /** Audio, images and video, where their tokens have prices of their own. */
  readonly inputAudio?: MoneyInput | undefined;
  readonly cachedInputAudio?: MoneyInput | undefined;
  readonly outputAudio?: MoneyInput | undefined;
  readonly inputImage?: MoneyInput | undefined;
  readonly cachedInputImage?: MoneyInput | undefined;
  readonly outputImage?: MoneyInput | undefined;
  readonly inputVideo?: MoneyInput | undefined;
  readonly outputVideo?: MoneyInput | undefined;
  /** Thoughts, where they have a price of their own. */
  readonly reasoning?: MoneyInput | undefined;
  /** Prices of the whole request, by the same names, where its input has more tokens than `aboveInputTokens`. */
  readonly long?:
    | (Readonly<{ aboveInputTokens: number }> & Readonly<Partial<Record<Meter, MoneyInput>>>)
    | undefined;
  /** Dollars for each piece of what is billed beside tokens, such as `{ web_search: "0.01" }`. */
  readonly fees?: Readonly<Record<string, MoneyInput>> | undefined;
  readonly contextWindow?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
}

/** A price of the user's own, read. */
export interface ReadUserPrice {
  readonly kind: "own";
  readonly rates: Rates;
  readonly fees?: FeeRates;
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
}

const AMOUNTS = [
  "input",
  "output",
  "cachedInput",
  "cacheWrite",
  "cacheWrite1h",
  "inputAudio",
  "cachedInputAudio",
  "outputAudio",
  "inputImage",
  "cachedInputImage",
  "outputImage",
  "inputVideo",
  "outputVideo",
  "reasoning",
] as const satisfies readonly Meter[];
/** A thousandth of a dollar for a million tokens: no model is as cheap, and no single token as dear. */
const LEAST_PICO_USD = 1_000n;
const COUNTS = ["contextWindow", "maxOutputTokens"] as const;
const FIELDS: ReadonlySet<string> = new Set([...AMOUNTS, ...COUNTS, "fees", "long"]);

/** Reads the price that stands under a name of the table. Throws `InvalidOptionError` or `InvalidAmountError` that name it. */
export function readUserPrice(name: string, price: Readonly<Record<string, unknown>>): ReadUserPrice {
  const strange = Object.keys(price).find((field) => !FIELDS.has(field));
  if (strange !== undefined) {
    throw new InvalidOptionError(
      `prices["${name}"] has no option ${strange}; there are ${[...FIELDS].join(", ")}.`,
    );
  }
  if (price["input"] === undefined) {
    throw new InvalidOptionError(`prices["${name}"] needs input, in dollars per million tokens.`);
  }
  const long = readLong(name, price);
  const rates: Partial<Record<(typeof AMOUNTS)[number], Rate>> = {};
  for (const field of AMOUNTS) {
    if (price[field] === undefined) continue;
    const above = long?.rates.get(field);
    const tiers =
      long && above !== undefined ? [{ aboveInputTokens: long.aboveInputTokens, picoUsd: above }] : [];
    rates[field] = { picoUsd: readAmount(name, field, price[field]), tiers };
  }
  const limits: Partial<Record<(typeof COUNTS)[number], number>> = {};
  for (const field of COUNTS) {
    const count = price[field];
    if (count === undefined) continue;
    if (!Number.isSafeInteger(count) || (count as number) < 1) {
      throw new InvalidOptionError(`prices["${name}"].${field} must be a whole number of tokens above 0.`);
    }
    limits[field] = count as number;
  }
  return { kind: "own", rates, ...readFees(name, price["fees"]), ...limits };
}

/** What a long request costs. A meter without a price at its ordinary length cannot have one there. */
function readLong(
  name: string,
  { long, ...ordinary }: Readonly<Record<string, unknown>>,
): { readonly aboveInputTokens: number; readonly rates: ReadonlyMap<Meter, bigint> } | undefined {
  if (long === undefined) return undefined;
  const { aboveInputTokens, ...prices } = (typeof long === "object" && long !== null ? long : {}) as Readonly<
    Record<string, unknown>
  >;
  if (!Number.isSafeInteger(aboveInputTokens) || (aboveInputTokens as number) < 1)
    throw new InvalidOptionError(
      `prices["${name}"].long needs aboveInputTokens, a whole number of tokens above 0.`,
    );
  const rates = new Map<Meter, bigint>();
  for (const [field, price] of Object.entries(prices)) {
    const meter = AMOUNTS.find((amount) => amount === field);
    if (meter === undefined)
      throw new InvalidOptionError(
        `prices["${name}"].long has no option ${field}; there are ${AMOUNTS.join(", ")}.`,
      );
    if (ordinary[meter] === undefined)
      throw new InvalidOptionError(
        `prices["${name}"].long.${field} needs ${field} beside long, the price of shorter requests.`,
      );
    rates.set(meter, readAmount(name, `long.${field}`, price));
  }
  return { aboveInputTokens: aboveInputTokens as number, rates };
}

function readFees(name: string, fees: unknown): { readonly fees?: FeeRates } {
  if (fees === undefined) return {};
  if (typeof fees !== "object" || fees === null || Symbol.iterator in fees)
    throw new InvalidOptionError(
      `prices["${name}"].fees must be dollars by what is billed, such as { web_search: "0.01" }.`,
    );
  const read = Object.entries(fees).map(([meter, dollars]) => {
    try {
      return [meter, { picoUsd: picoUsdPerPiece(dollars as MoneyInput) }] as const;
    } catch {
      throw new InvalidAmountError(
        String(dollars),
        `prices["${name}"].fees.${meter} takes dollars for one piece, such as "0.01", with at most 9 decimals`,
      );
    }
  });
  return { fees: Object.fromEntries(read) };
}

function readAmount(name: string, field: string, value: unknown): bigint {
  const picoUsd = picoUsdOf(name, field, value);
  if (picoUsd === 0n || picoUsd >= LEAST_PICO_USD) return picoUsd;
  const million = decimalUsd(usd(value as MoneyInput).nanoUsd * 1_000_000n);
  throw new InvalidAmountError(
    String(value),
    `prices["${name}"].${field} takes dollars per million tokens, and this reads like the price of one: write "${million}", or "0" for nothing`,
  );
}

function picoUsdOf(name: string, field: string, value: unknown): bigint {
  try {
    return picoUsdPerToken(value as MoneyInput);
  } catch {
    throw new InvalidAmountError(
      String(value),
      `prices["${name}"].${field} takes dollars per million tokens, such as "2.50", with at most 9 decimals`,
    );
  }
}
