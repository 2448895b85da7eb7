import { receiptCounts, type ReceiptCounts } from "@wflo/core";
import { cleanText } from "./clean-text.ts";

const MAX_DEPTH = 32;
const MAX_CHARACTERS = 1_000_000;
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
    const readable = plain(receipt, 0);
    return rowOf(JSON.stringify(readable) ?? "{}", readable);
  } catch (error) {
    const note = { dropped: `a receipt that cannot be written: ${cleanText(String(error))}` };
    return rowOf(JSON.stringify(note), note);
  }
}

function rowOf(json: string, receipt: unknown): ReceiptRow {
  const counts = receiptCounts(receipt);
  if (json.length <= MAX_CHARACTERS) return { json, counts };
  return { json: JSON.stringify({ dropped: `a receipt of ${json.length} characters` }), counts };
}

/** Receipts as wflo writes them need no copy that is made plain; undefined for all that may. */
function jsonOfPlain(receipt: object): string | undefined {
  if (!isPlain(receipt, 0)) return undefined;
  const json = JSON.stringify(receipt);
  return REFUSED.test(json) ? undefined : json;
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "bigint" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null) return true;
  if (depth >= MAX_DEPTH || value instanceof Error || "toJSON" in value) return false;
  return Object.values(value).every((item) => isPlain(item, depth + 1));
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (value instanceof Error) return cleanText(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key), plain(item, depth + 1)]),
  );
}
