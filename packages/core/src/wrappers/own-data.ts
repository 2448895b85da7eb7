import { toWritten } from "../checkpoint/to-written.ts";
import { fromWritten } from "../checkpoint/from-written.ts";

/**
 * What of a value can be saved: plain data as it is; of an instance of a class what its `toJSON` gives, else its own properties
 * but for those that cannot be saved, such as functions, clients and other instances. Undefined for what has nothing to save.
 */
export function ownData(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null || isSavable(value)) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return plainOf((toJSON as () => unknown).call(value));
  if (Array.isArray(value)) return value.map(ownData);
  const kept = Object.entries(value).filter(([, child]) => isSavable(child));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function isSavable(value: unknown): boolean {
  try {
    toWritten(value, "");
    return true;
  } catch {
    return false;
  }
}

/** A copy of what `toJSON` gave; undefined when that cannot be saved either. */
function plainOf(value: unknown): unknown {
  return isSavable(value) ? fromWritten(toWritten(value, "")) : undefined;
}
