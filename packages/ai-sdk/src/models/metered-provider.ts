import { UnmeterableCallError } from "../errors.ts";
import { isModel } from "./any-model.ts";
import { unfrozen } from "./metered-object.ts";
import type { AnyModel } from "./model-name.ts";

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** Factories of what is used past every method of a model. */
const REALTIME = /realtime/i;

/** What every object of a provider's that may be paid for becomes. */
export type MeterModel = (model: AnyModel) => AnyModel;

/**
 * The same provider, callable as before and with all that it has, whose every model is metered, whichever of its functions it comes
 * from.
 */
export function meteredProvider<Provider extends object>(provider: Provider, meter: MeterModel): Provider {
  return new Proxy(unfrozen(provider), {
    get(_, key) {
      const value: unknown = Reflect.get(provider, key, provider);
      if (typeof value !== "function" || key === "constructor") return value;
      if (typeof key === "string" && REALTIME.test(key)) return unmeterable(provider, key);
      return meteredFactory(value as AnyFunction, provider, meter);
    },
    set: (_, key, value) => Reflect.set(provider, key, value, provider),
    apply: (_, self, args: readonly unknown[]) =>
      metered(Reflect.apply(provider as unknown as AnyFunction, self, args), meter),
  });
}

/** A function that makes models, with whatever properties it has of its own. */
function meteredFactory(factory: AnyFunction, self: object, meter: MeterModel): AnyFunction {
  return new Proxy(factory, {
    apply: (target, _, args: readonly unknown[]) => metered(Reflect.apply(target, self, args), meter),
  });
}

function metered(made: unknown, meter: MeterModel): unknown {
  return isModel(made) ? meter(made) : made;
}

function unmeterable(provider: object, key: string): AnyFunction {
  const refuse = () => {
    const { name } = provider as { readonly name?: unknown };
    throw new UnmeterableCallError(typeof name === "string" && name !== "" ? name : "the provider", key);
  };
  return new Proxy(refuse, { get: (target, name) => (name === "prototype" ? target.prototype : refuse) });
}
