import { isThenable, type AnyFunction } from "./wrapped-function.ts";

const GENERATORS = new Set(["[object AsyncGenerator]", "[object Generator]"]);

/** Whether a value is what a generator function returned, and can be watched. */
export function isGenerator(value: unknown): value is Generator | AsyncGenerator {
  return GENERATORS.has(Object.prototype.toString.call(value)) && Object.isExtensible(value);
}

/**
 * Calls `over` once when the generator has been read to its end or its reader gave up, not when it threw. It stays the object it
 * is; an asynchronous one waits for `over` before it tells its end.
 */
export function watchGenerator(generator: Generator | AsyncGenerator, over: () => unknown): void {
  let isOver = false;
  const end = (): unknown => {
    if (isOver) return undefined;
    isOver = true;
    return over();
  };
  const fail = (error: unknown): never => {
    isOver = true;
    throw error;
  };
  const take = (read: () => unknown): unknown => {
    let part: unknown;
    try {
      part = read();
    } catch (error) {
      return fail(error);
    }
    if (isThenable(part)) {
      return part.then(async (last) => {
        if (isLast(last)) await end();
        return last;
      }, fail);
    }
    if (isLast(part)) void end();
    return part;
  };
  for (const name of ["next", "return", "throw"] as const) {
    const original = generator[name] as AnyFunction;
    const value = (...args: readonly unknown[]) => take(() => Reflect.apply(original, generator, args));
    Object.defineProperty(generator, name, { value, writable: true, configurable: true });
  }
}

function isLast(part: unknown): boolean {
  return typeof part === "object" && part !== null && (part as { readonly done?: unknown }).done === true;
}
