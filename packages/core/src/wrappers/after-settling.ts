import type { AnyFunction } from "./wrapped-function.ts";

/**
 * What settles as `thenable` does once `after` has had its value. A promise becomes another; what can do more, such as the promises
 * of SDKs, stays what it is otherwise, and is asked for its value only when its caller asks, since asking may send the request.
 */
export function afterSettling(
  thenable: PromiseLike<unknown>,
  after: (value: unknown) => Promise<unknown>,
): PromiseLike<unknown> {
  if (Object.getPrototypeOf(thenable) === Promise.prototype && Object.keys(thenable).length === 0)
    return thenable.then(after);
  let settled: Promise<unknown> | undefined;
  const asPromise =
    (method: AnyFunction): AnyFunction =>
    (...args) =>
      Reflect.apply(method, (settled ??= Promise.resolve(thenable).then(after)), args);
  const own = new Map<PropertyKey, AnyFunction>(
    (["then", "catch", "finally"] as const).map((name) => [
      name,
      asPromise(Promise.prototype[name] as AnyFunction),
    ]),
  );
  return new Proxy(thenable, {
    get(target, key) {
      const settling = own.get(key);
      if (settling !== undefined) return settling;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" && !Object.hasOwn(target, key) && key !== "constructor"
        ? (value as AnyFunction).bind(target)
        : value;
    },
  });
}
