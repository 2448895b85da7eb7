import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { AnyFunction } from "./wrapped-function.ts";

/** By which names agents are run, in the frameworks there are. */
const RUNS = new Set<PropertyKey>(["run", "invoke", "generate", "call", "execute", "kickoff", "chat", "ask"]);

/**
 * An object like `agent` with something around the methods that run it; everything else is the agent's own, its class and private
 * fields included. Throws `InvalidOptionError` for what has no such method.
 */
export function agentMethods<Agent extends object>(
  agent: Agent,
  around: (call: () => unknown, args: readonly unknown[]) => unknown,
): Agent {
  const hasRun = [...RUNS].some((name) => typeof Reflect.get(agent, name) === "function");
  if (!hasRun) {
    throw new InvalidOptionError(
      `checkpoint.after takes an agent with one of the methods ${[...RUNS].join(", ")}; wrap a function by checkpoint({ name })(fn).`,
    );
  }
  const wrapped = new Map<PropertyKey, AnyFunction>();
  return new Proxy(agent, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      const known = wrapped.get(key);
      if (known !== undefined) return known;
      const method = value as AnyFunction;
      const own = RUNS.has(key)
        ? (...args: readonly unknown[]) => around(() => Reflect.apply(method, target, args), args)
        : (method.bind(target) as AnyFunction);
      wrapped.set(key, own);
      return own;
    },
    set: (target, key, value) => {
      wrapped.delete(key);
      return Reflect.set(target, key, value, target);
    },
  });
}
