import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import { isLiveResource, isPlainObject } from "./live-resource.ts";
import { isSecretKey } from "./secret-key.ts";

/** As `toWritten`, which refuses more. */
const MAX_DEPTH = 200;
const MAX_VALUES = 1_000_000;
/** An instance inside this many others is left out: object graphs of frameworks have no end. */
const MAX_INSTANCES = 4;
/** What Node keeps in an emitter: given back to one, it would take its listeners away. */
const EMITTER_KEYS = new Set(["_events", "_eventsCount", "_maxListeners"]);

/** What stands for a value of which nothing can be saved. */
export const NOTHING: unique symbol = Symbol("nothing");

/** Something that is not in a state: where it would be, and why it is not. */
export interface LeftOut {
  readonly path: string;
  readonly what: string;
}

/** Where in a state something is read. */
interface Place {
  readonly path: string;
  readonly depth: number;
  /** How many instances of classes lie around it, the owner included. */
  readonly instances: number;
}

/**
 * Reads what of values can be saved, as copies: plain data as it is; of an instance of a class what its `toJSON` gives, else its
 * own properties, but for secrets. Methods are left out quietly; what else is left out is listed.
 */
export class OwnDataReader {
  readonly leftOut: LeftOut[] = [];
  readonly #ancestors = new Set<object>();
  #count = 0;

  /** `NOTHING` for what has nothing to save. Throws `UnsavableValueError` for more than a million values. */
  read(value: unknown, path: string): unknown {
    return this.#read(value, { path, depth: 0, instances: 0 });
  }

  /** The same for the object that a method was called on: it may be live itself, and its secrets are not taken. */
  readOwner(owner: unknown, path: string): unknown {
    if (!isOwner(owner)) return NOTHING;
    const place = { path, depth: 0, instances: 1 };
    return this.#within(owner, place, () =>
      typeof owner === "function" ? this.#readKeys(owner, place) : this.#readKind(owner, place),
    );
  }

  leave(path: string, what: string): typeof NOTHING {
    this.leftOut.push({ path, what });
    return NOTHING;
  }

  #read(value: unknown, place: Place): unknown {
    if (++this.#count > MAX_VALUES)
      throw new UnsavableValueError(place.path, `there are more than ${MAX_VALUES} values up to here`);
    if (typeof value === "function") return NOTHING;
    if (typeof value === "symbol") return this.leave(place.path, "it is a symbol");
    if (typeof value !== "object" || value === null) return value;
    return this.#within(value, place, () =>
      isLiveResource(value)
        ? this.leave(place.path, `it is a live ${classOf(value)}`)
        : this.#readKind(value, place),
    );
  }

  #within(value: object, { path, depth }: Place, read: () => unknown): unknown {
    if (depth >= MAX_DEPTH) return this.leave(path, `it lies deeper than ${MAX_DEPTH} levels`);
    if (this.#ancestors.has(value)) return this.leave(path, "it contains itself");
    this.#ancestors.add(value);
    try {
      return read();
    } catch (error) {
      if (error instanceof UnsavableValueError) throw error;
      return this.leave(path, "it throws when it is read");
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #readKind(value: object, place: Place): unknown {
    if (Array.isArray(value))
      return Array.from(value as unknown[], (item, index) =>
        orUndefined(this.#inner(item, place, `[${index}]`)),
      );
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof Map) return this.#readMap(value, place);
    if (value instanceof Set) {
      const items = Array.from(value, (item, index) => this.#inner(item, place, `.item(${index})`));
      return new Set(items.filter((item) => item !== NOTHING));
    }
    if (value instanceof Uint8Array) return Uint8Array.from(value);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView))
      return Array.from(value as unknown as Iterable<unknown>);
    if (value instanceof Error) return this.#readError(value, inside(place));
    const { toJSON } = value as { readonly toJSON?: unknown };
    const said = typeof toJSON === "function" ? (toJSON as () => unknown).call(value) : value;
    if (said !== value) return this.#inner(said, inside(place), "");
    return isPlainObject(value) ? this.#readKeys(value, place) : this.#readInstance(value, place);
  }

  #readInstance(value: object, place: Place): unknown {
    const isRoot = place.depth === 0 && place.instances > 0;
    if (isRoot) return this.#readKeys(value, place);
    if (place.instances >= MAX_INSTANCES)
      return this.leave(place.path, `it is a ${classOf(value)} inside ${MAX_INSTANCES} other instances`);
    if (Object.keys(value).length === 0)
      return this.leave(place.path, `it is a ${classOf(value)} that shows no data`);
    return this.#readKeys(value, inside(place));
  }

  /** `NOTHING` where there are properties, but none that can be saved. */
  #readKeys(value: object, place: Place): unknown {
    const keys = Object.keys(value);
    const kept: [string, unknown][] = [];
    for (const key of keys) {
      const child = this.#readKey(value, key, place);
      if (child !== NOTHING) kept.push([key, child]);
    }
    const isEmpty = kept.length === 0 && (keys.length > 0 || !isPlainObject(value));
    return isEmpty ? NOTHING : Object.fromEntries(kept);
  }

  #readKey(value: object, key: string, place: Place): unknown {
    const path = `${place.path}.${key}`;
    let child: unknown;
    try {
      child = Reflect.get(value, key);
    } catch {
      return this.leave(path, "it throws when it is read");
    }
    if (place.instances > 0) {
      if (EMITTER_KEYS.has(key)) return NOTHING;
      if (isSecretKey(key) && isSecretValue(child)) return this.leave(path, "it is named like a secret");
      if (key === "_client" && typeof child === "object" && child !== null && !isPlainObject(child))
        return this.leave(path, `it is a live ${classOf(child)}`);
    }
    return this.#inner(child, place, `.${key}`);
  }

  #readMap(value: ReadonlyMap<unknown, unknown>, place: Place): unknown {
    const kept = new Map<unknown, unknown>();
    let index = 0;
    for (const [key, child] of value) {
      const name = typeof key === "string" || typeof key === "number" ? String(key) : "…";
      const path = `.get(${name})`;
      const keptKey = this.#inner(key, place, `.key(${index++})`);
      const isSecret = place.instances > 0 && isSecretKey(name) && isSecretValue(child);
      const keptChild = isSecret
        ? this.leave(`${place.path}${path}`, "it is named like a secret")
        : this.#inner(child, place, path);
      if (keptKey !== NOTHING && keptChild !== NOTHING) kept.set(keptKey, keptChild);
    }
    return kept;
  }

  #readError(error: Error, place: Place): Error {
    const cause = error.cause === undefined ? NOTHING : this.#inner(error.cause, place, ".cause");
    const copy = new Error(String(error.message), cause === NOTHING ? undefined : { cause });
    const own: [string, unknown][] = [
      ["name", String(error.name)],
      ["stack", error.stack],
    ];
    for (const [key, value] of own)
      Object.defineProperty(copy, key, { value, writable: true, configurable: true });
    const rest = this.#readKeys(error, place);
    if (rest !== NOTHING) Object.defineProperties(copy, Object.getOwnPropertyDescriptors(rest as object));
    return copy;
  }

  #inner(value: unknown, { path, depth, instances }: Place, key: string): unknown {
    return this.#read(value, { path: `${path}${key}`, depth: depth + 1, instances });
  }
}

function inside(place: Place): Place {
  return { ...place, instances: place.instances + 1 };
}

/** Of a module or the global object nothing is a function's own. */
function isOwner(value: unknown): value is object {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null || value === globalThis) return false;
  return Object.prototype.toString.call(value) !== "[object Module]";
}

function isSecretValue(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== "boolean" && typeof value !== "function";
}

function orUndefined(value: unknown): unknown {
  return value === NOTHING ? undefined : value;
}

function classOf(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  const name = constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? name : "resource";
}
