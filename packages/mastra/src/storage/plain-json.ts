import { UnsavableValueError } from "@wflo/core";

/** Values nested deeper than this are refused, so that neither saving nor reading can exhaust the stack. */
const MAX_DEPTH = 200;
/** What JSON leaves out of objects, and has null for in lists. */
const NOTHING = Symbol("nothing");

/**
 * A value as it would come back from JSON, which is what Mastra's own databases give; made anew, but for texts, which nothing can change:
 * they are not even looked at. Throws `UnsavableValueError`, which names the path of what contains itself or is a bigint. `name` is how the
 * path begins.
 */
export function plainOf(value: unknown, name?: string): unknown {
  const plain = copy(value, "", { keys: name === undefined ? [] : [name], ancestors: new Set() });
  return plain === NOTHING ? null : plain;
}

/** A state. Older versions of Mastra handed it over as a text; what is no JSON stays the text it is, as in Mastra's own stores. */
export function plainState(snapshot: unknown): unknown {
  if (typeof snapshot !== "string") return plainOf(snapshot);
  try {
    return JSON.parse(snapshot) as unknown;
  } catch {
    return snapshot;
  }
}

/** Where a copy stands. */
interface Place {
  readonly keys: (string | number)[];
  readonly ancestors: Set<object>;
}

function copy(given: unknown, key: string, place: Place): unknown {
  const value = isObject(given) || typeof given === "bigint" ? jsonOf(given, key) : given;
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has no negative zero.
      return Number.isFinite(value) ? value + 0 : null;
    case "bigint":
      throw unsavable(place, "it is a bigint, which JSON does not have");
    case "object":
      return value === null ? null : copyObject(value, place);
    default:
      return NOTHING;
  }
}

function copyObject(value: object, place: Place): unknown {
  const { keys, ancestors } = place;
  if (ancestors.has(value)) throw unsavable(place, "it contains itself");
  if (ancestors.size >= MAX_DEPTH) throw unsavable(place, `it lies deeper than ${MAX_DEPTH} levels`);
  ancestors.add(value);
  const inner = (child: unknown, key: string | number): unknown => {
    keys.push(key);
    const copied = copy(child, String(key), place);
    keys.pop();
    return copied;
  };
  const copied = Array.isArray(value) ? copyList(value, inner) : copyRecord(value, inner);
  ancestors.delete(value);
  return copied;
}

type Inner = (child: unknown, key: string | number) => unknown;

function copyList(list: readonly unknown[], inner: Inner): unknown[] {
  return Array.from(list, (item, at) => {
    const copied = inner(item, at);
    return copied === NOTHING ? null : copied;
  });
}

function copyRecord(record: object, inner: Inner): object {
  const entries: [string, unknown][] = [];
  for (const [key, child] of Object.entries(record)) {
    const copied = inner(child, key);
    if (copied !== NOTHING) entries.push([key, copied]);
  }
  return Object.fromEntries(entries);
}

/** What JSON makes of an object before it looks at its keys. */
function jsonOf(value: object | bigint, key: string): unknown {
  const { toJSON } = value as { readonly toJSON?: unknown };
  const made: unknown = typeof toJSON === "function" ? toJSON.call(value, key) : value;
  const isBoxed = made instanceof Number || made instanceof String || made instanceof Boolean;
  return isBoxed ? made.valueOf() : made;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function unsavable({ keys: [first, ...keys] }: Place, what: string): UnsavableValueError {
  const steps = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`));
  return new UnsavableValueError(first === undefined ? "The state" : `${first}${steps.join("")}`, what);
}
