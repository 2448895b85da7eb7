import { receiptCounts, type ReceiptCounts } from "@wflo/core";
import { cleanText } from "./clean-text.ts";

const MAX_DEPTH = 32;
const MAX_CHARACTERS = 1_000_000;

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
    const readable = plain(receipt, 0);
    const json = JSON.stringify(readable) ?? "{}";
    const counts = receiptCounts(readable);
    return json.length <= MAX_CHARACTERS
      ? { json, counts }
      : { json: JSON.stringify({ dropped: `a receipt of ${json.length} characters` }), counts };
  } catch (error) {
    const note = { dropped: `a receipt that cannot be written: ${cleanText(String(error))}` };
    return { json: JSON.stringify(note), counts: receiptCounts(note) };
  }
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
