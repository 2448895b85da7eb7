import { UnsavableValueError, type ValueCodec } from "@wflo/core";

/** Deeper values are not written. */
const MAX_DEPTH = 32;
/** What was sent, and what the caller gave to tools, is no part of a result. */
const NOT_KEPT = new Set(["request", "runtimeContext", "toolsContext", "constructor"]);

/** Inputs and results of agents, of which many are objects of classes, as plain data under the same names. */
export const agentValues: ValueCodec = {
  write: async (value) => plain(value, "value", 0),
  read: async (written) => written,
};

function plain(value: unknown, path: string, depth: number): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new UnsavableValueError(path, `it is a ${typeof value}`);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (value instanceof URL) return value.href;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value);
  if (value instanceof Error) return saidBy(value);
  if (value instanceof AbortSignal)
    throw new UnsavableValueError(
      path,
      "it is a signal, which goes beside the input: run(input, { signal })",
    );
  if (depth > MAX_DEPTH) throw new UnsavableValueError(path, "it is nested too deep");
  return partsOf(value, (part, key) => plain(part, `${path}${key}`, depth + 1));
}

function partsOf(value: object, inner: (part: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item, index) => inner(item, `[${index}]`));
  if (value instanceof Set)
    return new Set(Array.from(value, (item, index) => inner(item, `.item(${index})`)));
  if (value instanceof Map) {
    const pairs = Array.from(value, ([key, part], index) => {
      return [inner(key, `.key(${index})`), inner(part, `.get(${index})`)] as const;
    });
    return new Map(pairs);
  }
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  const told = isPlain ? Object.entries(value) : toldBy(value);
  return Object.fromEntries(told.map(([name, part]) => [name, inner(part, `.${name}`)]));
}

/** Bytes of any class, such as the Buffer that a file is read into. */
function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** An error by what it says; what else it carries may be anything. */
function saidBy({ name, message, stack }: Error): Error {
  return Object.assign(new Error(message), { name, stack });
}

/** What an object of a class tells, its getters included; not what it can do, nor what it will not tell. */
function toldBy(value: object): (readonly [string, unknown])[] {
  const names = new Set(Object.keys(value));
  for (let proto = Object.getPrototypeOf(value) as object; proto !== Object.prototype && proto !== null;) {
    for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(proto)))
      if (own.get !== undefined) names.add(name);
    proto = Object.getPrototypeOf(proto) as object;
  }
  return [...names].flatMap((name) => {
    if (NOT_KEPT.has(name) || name.startsWith("_")) return [];
    try {
      const part: unknown = Reflect.get(value, name);
      return typeof part === "function" || part === undefined ? [] : [[name, part] as const];
    } catch {
      return [];
    }
  });
}
