/** A text that two values share only when they are alike in every respect, the order of keys and entries included. */
export function stateDump(value: unknown): string {
  return JSON.stringify(dumped(value));
}

function dumped(value: unknown): unknown {
  if (Array.isArray(value)) return ["list", ...Array.from(value, dumped)];
  if (value instanceof Map)
    return ["map", ...Array.from(value, ([key, child]) => [dumped(key), dumped(child)])];
  if (value instanceof Set) return ["set", ...Array.from(value, dumped)];
  if (value instanceof Date) return ["date", value.getTime()];
  if (value instanceof Uint8Array) return ["bytes", ...value];
  if (typeof value === "object" && value !== null) {
    const isPlain = Object.getPrototypeOf(value) === Object.prototype;
    return [
      isPlain ? "object" : "instance",
      ...Object.entries(value).map(([key, child]) => [key, dumped(child)]),
    ];
  }
  return [typeof value, Object.is(value, -0) ? "-0" : String(value)];
}
