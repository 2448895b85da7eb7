import { receiptCounts, type ReceiptCounts } from "@wflo/core";
import { cleanText } from "./clean-text.ts";

const MAX_DEPTH = 32;
const MAX_CHARACTERS = 1_000_000;
const NOTHING = "{}";
/** How JSON writes what PostgreSQL refuses: U+0000 and lone surrogates. */
const REFUSED = /\\u(?:0000|d[89a-f])/;

/** A receipt as PostgreSQL takes it, and what is added up of it. */
export interface ReceiptRow {
  readonly json: string;
  readonly counts: ReceiptCounts;
}

/**
 * JSON that PostgreSQL takes, of anything at all: a settle must never fail because of what is written beside the money.
 * What JSON cannot hold becomes text or is dropped; a receipt of more than a million characters is replaced by a note.
 */
export function receiptRow(receipt: Readonly<Record<string, unknown>>): ReceiptRow {
  try {
    const json = jsonOfPlain(receipt);
    if (json !== undefined) return rowOf(json, receipt);
    const readable = plain(receipt, []);
    return rowOf(JSON.stringify(readable) ?? NOTHING, readable);
  } catch (error) {
    const note = { dropped: `a receipt that cannot be written: ${cleanText(String(error))}` };
    return rowOf(JSON.stringify(note), note);
  }
}

function rowOf(text: string, receipt: unknown): ReceiptRow {
  const counts = receiptCounts(receipt);
  // As a column of a list it would be none at all.
  const json = text === "null" ? NOTHING : text;
  if (json.length <= MAX_CHARACTERS) return { json, counts };
  return { json: JSON.stringify({ dropped: `a receipt of ${json.length} characters` }), counts };
}

/** Receipts as wflo writes them need no copy that is made plain; undefined for all that may. */
function jsonOfPlain(receipt: object): string | undefined {
  if (!isPlain(receipt, 0)) return undefined;
  try {
    const json = JSON.stringify(receipt);
    return REFUSED.test(json) ? undefined : json;
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "bigint" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null) return true;
  if (depth >= MAX_DEPTH || value instanceof Error || "toJSON" in value) return false;
  return Object.values(value).every((item) => isPlain(item, depth + 1));
}

/** `above` are the values that this one is in. */
function plain(value: unknown, above: readonly unknown[]): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (above.length >= MAX_DEPTH || above.includes(value)) return "…";
  if (value instanceof Error) return cleanText(`${value.name}: ${value.message}`);
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((item) => plain(item, within));
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), within);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key), plain(item, within)]),
  );
}
