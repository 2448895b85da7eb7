import type { Wflo } from "./create-wflo.ts";
import { currentContext, withContext } from "./run/run-context.ts";

/** To whom the calls below belong, unless they say otherwise. */
export interface Attribution {
  /** The client that accounts for calls whose wrapper names none. A run around keeps its own. */
  readonly wflo?: Wflo | undefined;
  /** Budgets that exist, on which every call of that client is reserved, beside those around. */
  readonly budgets?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** A thread of a framework's, under which `calls.list` finds them, and the part of its work. */
  readonly place?: { readonly thread: string; readonly step?: string | undefined } | undefined;
}

/** For adapters: does work whose calls are accounted for as `attribution` says, however deep below they are made. */
export function attributed<T>({ wflo, budgets = [], agent, place }: Attribution, work: () => T): T {
  const around = currentContext();
  const change = {
    client: wflo ?? around.client,
    budgetIds: [...new Set([...around.budgetIds, ...budgets])],
    agent: agent ?? around.agent,
    place: place ?? around.place,
  };
  return withContext(change, work);
}
