import { soon } from "../budget/soon.ts";

/** Not looked up at each call: fake timers of a test would stop every call. */
const hostImmediate = typeof setImmediate === "function" ? setImmediate : undefined;

/** Resolves in the next turn of the event loop, after everything that is ready now has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (hostImmediate === undefined) soon(resolve);
    else hostImmediate(resolve);
  });
}
