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
  return new Proxy(unfrozen(target), {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      const before = known.get(key);
      if (before?.of === value) return before.as;
      const as = (typeof key === "string" ? methodOf(key) : undefined) ?? (value as Method).bind(target);
      known.set(key, { of: value, as });
      return as;
    },
    set: (_, key, value) => Reflect.set(target, key, value, target),
  });
}

/** What stands behind a proxy: of fixed properties a proxy may not tell otherwise than they are, so a copy that has none. */
export function unfrozen<Target extends object>(target: Target): Target {
  const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(target);
  const isFixed = ({ configurable, writable }: PropertyDescriptor) => configurable === false && !writable;
  if (!Object.values(own).some(isFixed)) return target;
  const copy: object = typeof target === "function" ? () => {} : {};
  for (const [key, property] of Object.entries(own))
    Object.defineProperty(copy, key, { ...property, configurable: true });
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(target) as object | null) as Target;
}
