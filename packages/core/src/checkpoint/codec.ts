import { UnsavableValueError } from "../errors/unsavable-value-error.ts";

/** Values nested deeper than this are refused, so that neither saving nor reading can exhaust the stack. */
const MAX_DEPTH = 200;

/** Values of more parts than this are refused. */
const MAX_VALUES = 1_000_000;

/** Saved texts longer than this are refused. Characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** The key of an object that stands for a value JSON does not have; plain objects that own this key are wrapped as well. */
const TAG = "$wflo";

/**
 * Text of plain data, Date, Map, Set, bigint, bytes, Error, undefined, NaN and infinities; `decode` gives the same value back.
 * Throws `UnsavableValueError`, which names the path of what does not survive: functions, symbols, class instances, cycles,
 * more than 200 levels, more than 32 Mi characters. `name` is how the path begins.
 */
export function encode(value: unknown, name: string): string {
  const text = JSON.stringify(write(value, name, 0, { name, ancestors: new Set(), count: 0 }));
  if (text.length > MAX_CHARACTERS) {
    throw new UnsavableValueError(
      name,
      `it takes ${Math.ceil(text.length / 1048576)} MB, more than the 32 MB a value may have`,
    );
  }
  return text;
}

/** The value that `encode` wrote. */
export function decode(text: string): unknown {
  return read(JSON.parse(text));
}

/** One encoding: what lies around the value at hand, and how many values there were. */
interface Pass {
  readonly name: string;
  readonly ancestors: Set<object>;
  count: number;
}

function write(value: unknown, path: string, depth: number, pass: Pass): unknown {
  // Shared parts are written wherever they occur, which can grow without end.
  if (++pass.count > MAX_VALUES)
    throw new UnsavableValueError(pass.name, `it has more than ${MAX_VALUES} values`);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [TAG]: "number", v: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { [TAG]: "undefined" };
    case "bigint":
      return { [TAG]: "bigint", v: value.toString() };
    case "object":
      return value === null ? null : writeObject(value, path, depth, pass);
    default:
      throw new UnsavableValueError(path, `it is a ${typeof value}`);
  }
}

function writeObject(value: object, path: string, depth: number, pass: Pass): unknown {
  if (depth >= MAX_DEPTH) throw new UnsavableValueError(path, `it lies deeper than ${MAX_DEPTH} levels`);
  if (pass.ancestors.has(value)) throw new UnsavableValueError(path, "it contains itself");
  pass.ancestors.add(value);
  const inner = (child: unknown, key: string) => write(child, `${path}${key}`, depth + 1, pass);
  const written = writeKind(value, path, inner);
  pass.ancestors.delete(value);
  return written;
}

function writeKind(value: object, path: string, inner: (child: unknown, key: string) => unknown): unknown {
  if (value instanceof Error) return writeError(value, inner);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Only the classes themselves: of a subclass, such as Buffer, something else would come back.
  if (prototype === Array.prototype) {
    return Array.from(value as unknown[], (item, index) => inner(item, `[${index}]`));
  }
  if (prototype === Date.prototype) return { [TAG]: "date", v: (value as Date).getTime() };
  if (prototype === Map.prototype) {
    const pairs = Array.from(value as Map<unknown, unknown>, ([k, v], index) => [
      inner(k, `.key(${index})`),
      inner(v, `.get(${typeof k === "string" || typeof k === "number" ? k : "…"})`),
    ]);
    return { [TAG]: "map", v: pairs };
  }
  if (prototype === Set.prototype) {
    return {
      [TAG]: "set",
      v: Array.from(value as Set<unknown>, (item, index) => inner(item, `.item(${index})`)),
    };
  }
  if (prototype === Uint8Array.prototype) return { [TAG]: "bytes", v: base64(value as Uint8Array) };
  if (prototype === Object.prototype || prototype === null) {
    return writeRecord(value as Record<string, unknown>, inner);
  }
  const { name } = ((value as { constructor?: unknown }).constructor ?? {}) as { name?: unknown };
  throw new UnsavableValueError(path, `it is an instance of ${typeof name === "string" ? name : "a class"}`);
}

function writeRecord(
  value: Record<string, unknown>,
  inner: (child: unknown, key: string) => unknown,
): unknown {
  const written: [string, unknown][] = [];
  for (const [key, child] of Object.entries(value)) written.push([key, inner(child, `.${key}`)]);
  // `__proto__` as an own key and objects that look like a tag survive only as pairs.
  if (TAG in value || Object.hasOwn(value, "__proto__")) return { [TAG]: "object", v: written };
  return Object.fromEntries(written);
}

function writeError(error: Error, inner: (child: unknown, key: string) => unknown): unknown {
  const own: [string, unknown][] = [];
  for (const [key, child] of Object.entries(error)) {
    if (typeof child !== "function") own.push([key, inner(child, `.${key}`)]);
  }
  const cause = error.cause === undefined ? undefined : inner(error.cause, ".cause");
  return {
    [TAG]: "error",
    name: String(error.name),
    message: String(error.message),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    own,
    ...(cause === undefined ? {} : { cause }),
  };
}

interface Tagged {
  readonly [TAG]: string;
  readonly v?: unknown;
}

function read(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(read);
  if (TAG in value) return readTagged(value as Tagged);
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) result[key] = read(child);
  return result;
}

function readTagged(tagged: Tagged): unknown {
  switch (tagged[TAG]) {
    case "undefined":
      return undefined;
    case "number":
      return Number(tagged.v);
    case "bigint":
      return BigInt(tagged.v as string);
    case "date":
      return new Date((tagged.v as number | null) ?? Number.NaN);
    case "map":
      return new Map((tagged.v as [unknown, unknown][]).map(([k, v]) => [read(k), read(v)]));
    case "set":
      return new Set((tagged.v as unknown[]).map(read));
    case "bytes":
      return bytesOf(tagged.v as string);
    case "error":
      return readError(tagged as unknown as SavedError);
    case "object":
      return readPairs(tagged.v as [string, unknown][]);
    default:
      throw new UnsavableValueError(
        `a saved value of kind ${tagged[TAG]}`,
        "a newer version of wflo wrote it",
      );
  }
}

function readPairs(pairs: readonly [string, unknown][]): object {
  const result = {};
  for (const [key, child] of pairs) {
    Object.defineProperty(result, key, {
      value: read(child),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}

interface SavedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly own: readonly [string, unknown][];
  readonly cause?: unknown;
}

function readError(saved: SavedError): Error {
  const error = new Error(saved.message, "cause" in saved ? { cause: read(saved.cause) } : undefined);
  Object.defineProperty(error, "name", { value: saved.name, writable: true, configurable: true });
  if (saved.stack !== undefined)
    Object.defineProperty(error, "stack", { value: saved.stack, writable: true, configurable: true });
  for (const [key, child] of saved.own) {
    Object.defineProperty(error, key, {
      value: read(child),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return error;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
