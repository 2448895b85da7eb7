import { ownEntries } from "./own-entries.ts";
import { TAG, toWritten } from "./to-written.ts";

/**
 * Whether saving a value would write what was written before: compared without making text, so that what did not change costs
 * little. The order of keys counts. False, rather than an error, for what cannot be saved.
 */
export function sameAsWritten(value: unknown, written: unknown): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value === written;
  if (typeof value === "number" && Number.isFinite(value)) return value === written && !Object.is(value, -0);
  if (typeof value === "object" && typeof written === "object" && written !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) return sameList(value as unknown[], written);
    const isRecord = prototype === Object.prototype || prototype === null;
    if (isRecord && !Object.hasOwn(written, TAG))
      return sameRecord(value as Record<string, unknown>, written);
  }
  return sameText(value, written);
}

function sameList(value: readonly unknown[], written: object): boolean {
  if (!Array.isArray(written)) return sameText(value, written);
  if (value.length !== written.length || ownEntries(value).length > 0) return false;
  for (let index = 0; index < value.length; index++) {
    if (!sameAsWritten(value[index], written[index])) return false;
  }
  return true;
}

function sameRecord(value: Record<string, unknown>, written: object): boolean {
  if (Array.isArray(written)) return false;
  const keys = Object.keys(value);
  const knownKeys = Object.keys(written);
  if (keys.length !== knownKeys.length || TAG in value) return false;
  const known = written as Record<string, unknown>;
  return keys.every((key, index) => knownKeys[index] === key && sameAsWritten(value[key], known[key]));
}

/** The slow way, for values that JSON does not have. */
function sameText(value: unknown, written: unknown): boolean {
  if (typeof written !== "object" || written === null || !Object.hasOwn(written, TAG)) return false;
  try {
    return JSON.stringify(toWritten(value, "")) === JSON.stringify(written);
  } catch {
    return false;
  }
}
