import { isPlainObject, plainJson } from "./plain-json.ts";
import { UnsavableItemError } from "./unsavable-item-error.ts";

const MAX_BYTES = 16_000_000;
const encoder = new TextEncoder();

/** The value of an item as the database keeps it. Throws `UnsavableItemError`. */
export function itemJson(value: unknown): string {
  const refuse = (path: string, what: string) => new UnsavableItemError(path, what);
  if (!isPlainObject(value) && !(value instanceof Date)) {
    throw refuse("value", "is no plain object: put { … }, or null to delete the item");
  }
  const json = plainJson(value, "value", refuse);
  if (json.length * 3 > MAX_BYTES && encoder.encode(json).length > MAX_BYTES) {
    throw refuse("value", "takes more than 16 MB as JSON: keep it elsewhere, and put where it is");
  }
  return json;
}
