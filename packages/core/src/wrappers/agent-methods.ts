import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { AnyFunction } from "./wrapped-function.ts";

/** By which names agents are run, in the frameworks there are. */
const RUNS = new Set<PropertyKey>(["run", "invoke", "generate", "call", "execute", "kickoff", "chat", "ask"]);

/** Something around a run of an agent: `call` runs it. */
export type AroundRun = (call: () => unknown, args: readonly unknown[]) => unknown;

/**
 * An object like `agent` with something around the methods that run it, or around itself if it is a function; everything else is
 * the agent's own, its class and private fields included. It has passed `checkAgent`.
 */
export function agentMethods<Agent extends object>(agent: Agent, around: AroundRun): Agent {
  const wrapped = new Map<PropertyKey, { readonly method: AnyFunction; readonly own: AnyFunction }>();
  return new Proxy(agent, {
    apply: (target, self, args: readonly unknown[]) =>
      around(() => Reflect.apply(target as AnyFunction, self, args), args),
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      const isRun = RUNS.has(key);
      if (!isMethod(value, key) || (!isRun && Object.hasOwn(target, key))) return value;
      if (isRun) checkNotFrozen(target, key);
      const known = wrapped.get(key);
      if (known?.method === value) return known.own;
      const own: AnyFunction = isRun
        ? (...args) => around(() => Reflect.apply(value, target, args), args)
        : value.bind(target);
      wrapped.set(key, { method: value, own });
      return own;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** Throws `InvalidOptionError` for what cannot be run, or not be wrapped. */
export function checkAgent(agent: unknown): void {
  if ((typeof agent !== "object" && typeof agent !== "function") || agent === null)
    throw new InvalidOptionError(
      `checkpoint.after takes an agent, not ${agent === null ? "null" : typeof agent}: checkpoint.after(agent).`,
    );
  const runs = [...RUNS].filter((name) => isMethod(Reflect.get(agent, name), name));
  if (runs.length === 0 && (typeof agent !== "function" || isClass(agent))) {
    throw new InvalidOptionError(
      `checkpoint.after takes an agent with one of the methods ${[...RUNS].join(", ")}; wrap a function by checkpoint({ name })(fn).`,
    );
  }
  for (const name of runs) checkNotFrozen(agent, name);
}

/** A proxy may not give anything else for a property that is fixed. */
function checkNotFrozen(agent: object, name: PropertyKey): void {
  const own = Object.getOwnPropertyDescriptor(agent, name);
  if (own === undefined || own.configurable || own.writable || own.get !== undefined) return;
  throw new InvalidOptionError(
    `checkpoint.after cannot wrap ${String(name)} of an agent that is frozen: freeze it less, or write checkpoint({ name })(fn).`,
  );
}

/** What every object or function has works on a proxy as well, and classes are not called as methods. */
function isMethod(value: unknown, key: PropertyKey): value is AnyFunction {
  if (typeof value !== "function" || key === "constructor") return false;
  const isEverywhere =
    value === Reflect.get(Object.prototype, key) || value === Reflect.get(Function.prototype, key);
  return !isEverywhere && !isClass(value);
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
