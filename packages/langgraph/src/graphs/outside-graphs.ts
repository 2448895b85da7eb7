import type { CallbackManager, Callbacks } from "@langchain/core/callbacks/manager";
import type { RunnableConfig } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { WfloCallbacks } from "../wflo-callbacks.ts";

/**
 * Does work as if no node of a graph were around: LangGraph takes a graph that a node invokes for a part of the node's own graph. Handlers
 * that were given to the graph around, such as tracers, are told of the work all the same.
 */
export function outsideGraphs<T>(work: () => T): T {
  const around = AsyncLocalStorageProviderSingleton.getRunnableConfig() as RunnableConfig | undefined;
  if (around === undefined) return work();
  return AsyncLocalStorageProviderSingleton.runWithConfig({ callbacks: others(around.callbacks) }, work) as T;
}

/** Without those of wflo that note refusals for the graph around. */
function others(callbacks: Callbacks | undefined): Callbacks | undefined {
  if (callbacks === undefined || Array.isArray(callbacks))
    return callbacks?.filter((handler) => !notesForGraph(handler));
  const copy: CallbackManager = callbacks.copy();
  for (const handler of copy.handlers.filter(notesForGraph)) copy.removeHandler(handler);
  return copy;
}

function notesForGraph(handler: object): boolean {
  return handler instanceof WfloCallbacks && handler.notesForGraph;
}
