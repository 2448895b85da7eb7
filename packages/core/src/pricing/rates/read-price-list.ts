import { InvalidPriceListError } from "../../errors/invalid-price-list-error.ts";
import { priceListOf, type PricedProvider, type PriceList } from "./price-list.ts";
import { strangeness } from "./strange-prices.ts";

const MAX_REGEX_LENGTH = 300;
/** Something repeated that repeats: it may take ages. */
const NESTED = /[+*}][^()]*\)+[+*{]/;
const DAY_MS = 86_400_000;
const MAX_DEPTH = 6;
const CLAUSES = ["equals", "starts_with", "ends_with", "contains"];

type Fields = Readonly<Record<string, unknown>>;

/** A text with prices in the form of genai-prices' `data.json`, and what is known of it. */
export interface PriceListText {
  readonly text: string;
  /** Where it is from. */
  readonly from: string;
  /** ISO date of the prices, where the text does not tell one. */
  readonly date: string;
  /** The list in use. */
  readonly current: PriceList;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Reads a list of prices: providers with their models, alone or as `{ date, providers }`. Throws `InvalidPriceListError` for what is
 * damaged, has far fewer models or wholly other prices than the list in use, or is older. It takes turns with the calls of the process.
 */
export async function readPriceList(given: PriceListText): Promise<PriceList> {
  const { text, from, date, current, nowMs } = given;
  const fail = (reason: string, isOlder = false): never => {
    throw new InvalidPriceListError(from, reason, isOlder);
  };
  const parsed = parse(text) ?? fail("it is no JSON; it may have been cut off");
  const told = Array.isArray(parsed) ? { providers: parsed as unknown[] } : (parsed as Fields);
  const { providers } = told;
  if (!Array.isArray(providers) || providers.length === 0) return fail("it has no list of providers");
  const ids = new Set<unknown>();
  for (const provider of providers) {
    const trouble = troubleOf(provider);
    if (trouble !== undefined) fail(trouble);
    const { id } = fieldsOf(provider);
    if (ids.has(id)) fail(`it has ${String(id)} twice`);
    ids.add(id);
  }
  const toldDate = (told as Fields)["date"];
  const day = typeof toldDate === "string" ? toldDate.slice(0, 10) : date;
  const dayMs = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(dayMs)) fail(`its date, ${day}, is none`);
  if (dayMs > nowMs + DAY_MS) fail(`its date, ${day}, has not come yet`);
  if (day < current.date)
    fail(`it is of ${day}, older than ${current.name} of ${current.date}, which stays`, true);
  const list = priceListOf(`${from}@${day}`, day, providers as readonly PricedProvider[]);
  const strange = await strangeness(list, current, nowMs);
  return strange === undefined ? list : fail(strange);
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function troubleOf(provider: unknown): string | undefined {
  const { id, models, fallback_model_providers: fallbacks } = fieldsOf(provider);
  if (typeof id !== "string" || id === "" || !Array.isArray(models))
    return "a provider has no id or no models";
  if (
    fallbacks !== undefined &&
    !(Array.isArray(fallbacks) && fallbacks.every((one) => typeof one === "string"))
  )
    return `the models that ${id} falls back on are no list of names`;
  for (const model of models as readonly unknown[]) {
    const { id: name, match, prices, context_window: window } = fieldsOf(model);
    if (typeof name !== "string" || name === "") return `a model of ${id} has no id`;
    if (!isClause(match, 0)) return `nothing tells which ids ${id}/${name} has`;
    if (!isPrices(prices)) return `the prices of ${id}/${name} cannot be read`;
    if (window !== undefined && window !== null && !(Number.isSafeInteger(window) && (window as number) > 0))
      return `the context window of ${id}/${name} is no count`;
  }
  return undefined;
}

function isClause(clause: unknown, depth: number): boolean {
  const fields = fieldsOf(clause);
  const [kind, ...others] = Object.keys(fields);
  if (kind === undefined || others.length > 0 || depth > MAX_DEPTH) return false;
  const value = fields[kind];
  if (kind === "or" || kind === "and")
    return Array.isArray(value) && value.length > 0 && value.every((part) => isClause(part, depth + 1));
  if (typeof value !== "string" || value === "") return false;
  return kind === "regex" ? isRegex(value) : CLAUSES.includes(kind);
}

function isRegex(text: string): boolean {
  try {
    return text.length <= MAX_REGEX_LENGTH && !NESTED.test(text) && new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function isPrices(prices: unknown): boolean {
  if (!Array.isArray(prices)) return isUnits(prices);
  return (
    prices.length > 0 &&
    prices.every((entry: unknown) => {
      const { constraint, prices: units } = fieldsOf(entry);
      return isUnits(units) && (constraint === undefined || constraint === null || isConstraint(constraint));
    })
  );
}

function isUnits(units: unknown): boolean {
  if (typeof units !== "object" || units === null || Array.isArray(units)) return false;
  return Object.values(units).every((price: unknown) => {
    if (typeof price === "number") return isAmount(price);
    const { base, tiers } = fieldsOf(price);
    return (
      isAmount(base) &&
      Array.isArray(tiers) &&
      tiers.every((tier: unknown) => {
        const { start, price: amount } = fieldsOf(tier);
        return Number.isSafeInteger(start) && (start as number) >= 0 && isAmount(amount);
      })
    );
  });
}

/** No token costs more than a dollar. */
function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 1_000_000;
}

function isConstraint(constraint: unknown): boolean {
  const { start_date: day, start_time: start, end_time: end } = fieldsOf(constraint);
  const isTime = (time: unknown) =>
    typeof time === "string" && !Number.isNaN(Date.parse(`1970-01-01T${time}`));
  if (typeof day === "string") return !Number.isNaN(Date.parse(`${day}T00:00:00Z`));
  return isTime(start) && isTime(end);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
