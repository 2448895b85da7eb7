import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import { ownEntries } from "./own-entries.ts";

/** Values nested deeper than this are refused, so that neither saving nor reading can exhaust the stack. */
const MAX_DEPTH = 200;

/** Values of more parts than this are refused, unless the caller has measured them. */
const MAX_VALUES = 1_000_000;

/** More bytes than any saved text has room for; they are refused before a text is made of them. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The key of an object that stands for a value JSON does not have; plain objects that own this key are wrapped as well. */
export const TAG = "$wflo";

/**
 * What stands for a value in JSON: plain data as it is, the rest as tagged objects; it shares nothing with the value that could
 * change. Throws `UnsavableValueError`, which names the path of what does not survive. `name` is how the path begins.
 */
export function toWritten(value: unknown, name: string, isMeasured = false): unknown {
  const most = isMeasured ? Number.POSITIVE_INFINITY : MAX_VALUES;
  return write(value, name, 0, { name, ancestors: new Set(), count: 0, most });
}

/** One encoding: what lies around the value at hand, and how many values there were. */
interface Pass {
  readonly name: string;
  readonly ancestors: Set<object>;
  count: number;
  readonly most: number;
}

function write(value: unknown, path: string, depth: number, pass: Pass): unknown {
  // Shared parts are written wherever they occur, which can grow without end.
  if (++pass.count > pass.most)
    throw new UnsavableValueError(pass.name, `it has more than ${pass.most} values`);
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
  if (prototype === Array.prototype) return writeList(value as unknown[], inner);
  if (prototype === Date.prototype) {
    const time = (value as Date).getTime();
    return { [TAG]: "date", v: Number.isNaN(time) ? null : time };
  }
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
  if (prototype === Uint8Array.prototype)
    return { [TAG]: "bytes", v: base64(checkedBytes(value as Uint8Array, path)) };
  if (prototype === Object.prototype || prototype === null) {
    return writeRecord(value as Record<string, unknown>, inner);
  }
  const { name } = ((value as { constructor?: unknown }).constructor ?? {}) as { name?: unknown };
  throw new UnsavableValueError(path, `it is an instance of ${typeof name === "string" ? name : "a class"}`);
}

/** With its properties, if it has any beside its items, as what `match` of a text gives has. */
function writeList(list: readonly unknown[], inner: (child: unknown, key: string) => unknown): unknown {
  const items = Array.from(list, (item, index) => inner(item, `[${index}]`));
  const own = ownEntries(list).map(([key, child]) => [key, inner(child, `.${key}`)]);
  return own.length === 0 ? items : { [TAG]: "list", v: items, own };
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
  // It is no property that is listed.
  if (error instanceof AggregateError && !Object.keys(error).includes("errors"))
    own.push(["errors", inner(error.errors, ".errors")]);
  const cause = error.cause === undefined ? undefined : inner(error.cause, ".cause");
  return {
    [TAG]: "error",
    name: String(error.name),
    message: String(error.message),
    ...(typeof error.stack === "string" ? { stack: error.stack } : {}),
    own,
    ...(cause === undefined ? {} : { cause }),
  };
}

function checkedBytes(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.byteLength <= MAX_BYTES) return bytes;
  const megabytes = Math.ceil(bytes.byteLength / 1_048_576);
  throw new UnsavableValueError(path, `it has ${megabytes} MB, more than the 32 MB a value may have`);
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
