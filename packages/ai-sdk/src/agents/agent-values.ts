import { UnsavableValueError, type ValueCodec } from "@wflo/core";

/** Deeper values are not written. */
const MAX_DEPTH = 32;
/** What was sent is no part of a result. */
const NOT_KEPT = new Set(["request", "constructor"]);

/** Results of agents, which are objects of the SDK's own classes, as plain data under the same names. */
export const agentValues: ValueCodec = {
  write: async (value) => plain(value, "value", 0),
  read: async (written) => written,
};

function plain(value: unknown, path: string, depth: number): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new UnsavableValueError(path, `it is a ${typeof value}`);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Date)
    return value;
  if (value instanceof URL) return value.href;
  if (depth > MAX_DEPTH) throw new UnsavableValueError(path, "it is nested too deep");
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${path}[${index}]`, depth + 1));
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  const told = isPlain ? Object.entries(value) : toldBy(value);
  return Object.fromEntries(told.map(([name, part]) => [name, plain(part, `${path}.${name}`, depth + 1)]));
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
