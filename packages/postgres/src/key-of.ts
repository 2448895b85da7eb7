import { InvalidOptionError } from "@wflo/core";
import { exactText } from "./exact-text.ts";

/** Keys live in indexes, whose rows PostgreSQL limits to 2,704 bytes; two of the longest fit. */
const MAX_BYTES = 1_300;
const encoder = new TextEncoder();

/** A text that is part of a primary key: a tenant or a budget id. Throws `InvalidOptionError` for what cannot be one. */
export function keyOf(what: string, text: string): string {
  if (text.length * 3 > MAX_BYTES && encoder.encode(text).length > MAX_BYTES) {
    throw new InvalidOptionError(`The ${what} ${text.slice(0, 60)}… is longer than ${MAX_BYTES} bytes.`);
  }
  return exactText(what, text);
}
