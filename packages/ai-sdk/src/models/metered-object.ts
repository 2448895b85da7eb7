type Method = (...args: never[]) => unknown;

/**
 * The same object with other methods in the place of some, as `methodOf` says. All else is its own, and works on the object itself, whose
 * private fields no other object has.
 */
export function withMethods<Target extends object>(
  target: Target,
  methodOf: (key: string) => Method | undefined,
): Target {
  const known = new Map<PropertyKey, { readonly of: unknown; readonly as: unknown }>();
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== "function" || isFixed(object, key)) return value;
      const before = known.get(key);
      if (before?.of === value) return before.as;
      const as = (typeof key === "string" ? methodOf(key) : undefined) ?? (value as Method).bind(object);
      known.set(key, { of: value, as });
      return as;
    },
  });
}

/** What a proxy may not tell otherwise than it is, and what is no method. */
function isFixed(object: object, key: PropertyKey): boolean {
  if (key === "constructor") return true;
  const own = Object.getOwnPropertyDescriptor(object, key);
  return own !== undefined && own.configurable === false && own.writable === false;
}
