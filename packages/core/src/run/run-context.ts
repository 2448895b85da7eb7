import { AsyncLocalStorage } from "node:async_hooks";
import type { RunScope } from "./run-scope.ts";

/** An open call as those opened inside it see it. */
export interface CallMark {
  readonly callId: string;
  readonly parent: CallMark | undefined;
}

/** What code below knows of where it runs. */
export interface RunContext {
  readonly run: RunScope | undefined;
  /** The path of the step, undefined between steps. */
  readonly step: string | undefined;
  readonly agent: string | undefined;
  /** Budgets of the run and of the agents around, outermost first. */
  readonly budgetIds: readonly string[];
  readonly call: CallMark | undefined;
  /** The client that accounts for calls below that name none, outside of runs. */
  readonly client: object | undefined;
  /** Where calls below are made in the work of a framework. */
  readonly place: { readonly thread: string; readonly step?: string | undefined } | undefined;
  /** Told of the first call of a door that is made below. */
  readonly witness: { hasMet: boolean } | undefined;
}

const storage = new AsyncLocalStorage<RunContext>();

const outside: RunContext = {
  run: undefined,
  step: undefined,
  agent: undefined,
  budgetIds: [],
  call: undefined,
  client: undefined,
  place: undefined,
  witness: undefined,
};

/** The context here; outside of any run, an empty one. */
export function currentContext(): RunContext {
  return storage.getStore() ?? outside;
}

/** Runs `fn` with parts of the context replaced, for it and everything it starts. */
export function withContext<T>(change: Partial<RunContext>, fn: () => T): T {
  return storage.run({ ...currentContext(), ...change }, fn);
}

/** A function that runs in the context of here, wherever it is called from. */
export function bindContext<Args extends readonly unknown[], T>(
  fn: (...args: Args) => T,
): (...args: Args) => T {
  const context = currentContext();
  return (...args) => storage.run(context, () => fn(...args));
}
