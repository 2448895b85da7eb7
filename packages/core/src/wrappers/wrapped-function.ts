import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/**
 * A wrapper as its users see it: a higher-order function, and a standard decorator of async methods and of fields that hold
 * an async function, static or not. What it returns always returns a promise.
 */
export interface FunctionWrapper {
  <This, Args extends readonly unknown[], T>(
    method: (this: This, ...args: Args) => Promise<T>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Promise<T>>,
  ): (this: This, ...args: Args) => Promise<T>;
  <This, Args extends readonly unknown[], T>(
    field: undefined,
    context: ClassFieldDecoratorContext<This, (...args: Args) => Promise<T>>,
  ): (first: (...args: Args) => Promise<T>) => (...args: Args) => Promise<T>;
  <This, Args extends readonly unknown[], T>(
    fn: (this: This, ...args: Args) => T,
  ): (this: This, ...args: Args) => Promise<Awaited<T>>;
}

/** A function of which nothing is known but that it can be called. */
export type AnyFunction = (this: unknown, ...args: readonly unknown[]) => unknown;

/** Whether a value is a promise, or can be waited for like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === "function";
}

/** Something around a call: `call` calls the original with its `this`, here `self`, and its arguments. */
export type Around = (call: () => unknown, args: readonly unknown[], self: unknown) => unknown;

/** Makes what goes around a function, once for each; `name` is its own or that of its class member. */
export type AroundOf = (name: string) => Around;

/**
 * What a wrapper returns that is a higher-order function and a standard decorator of methods and of fields that hold a
 * function: a function of the same name, length, `this` and properties, or for a field what makes it from the field's first
 * value. The `Around` is made once, however many instances a class has. Throws `InvalidOptionError` for what holds no function.
 */
export function wrapWith(target: unknown, context: unknown, aroundOf: AroundOf): unknown {
  if (context === undefined) return surrounded(functionOf(target), aroundOf(nameOf(target)));
  const { kind, name } = memberOf(context);
  const around = aroundOf(String(name));
  switch (kind) {
    case "method":
      return surrounded(functionOf(target), around);
    case "field":
      return (first: unknown) => surrounded(functionOf(first), around);
    default:
      throw new InvalidOptionError(
        `A ${String(kind)} cannot be wrapped: decorate a method or a function field.`,
      );
  }
}

/** A proxy, so that whatever else is read of the function is still there. */
function surrounded(original: AnyFunction, around: Around): AnyFunction {
  return new Proxy(original, {
    apply: (fn, self, args: readonly unknown[]) => around(() => Reflect.apply(fn, self, args), args, self),
    construct() {
      throw new InvalidOptionError("A wrapped function cannot be called with new.");
    },
  });
}

function functionOf(value: unknown): AnyFunction {
  if (typeof value === "function") return value as AnyFunction;
  throw new InvalidOptionError(`A wrapper takes a function, not ${value === null ? "null" : typeof value}.`);
}

function nameOf(target: unknown): string {
  const { name } = functionOf(target);
  return typeof name === "string" ? name : "";
}

function memberOf(context: unknown): { readonly kind: unknown; readonly name: unknown } {
  if (typeof context === "object" && context !== null && "kind" in context && "name" in context)
    return context;
  throw new InvalidOptionError(
    "A wrapper is a standard decorator: compile without experimentalDecorators, or write wrapper(options)(fn).",
  );
}
