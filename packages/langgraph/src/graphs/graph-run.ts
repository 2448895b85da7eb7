import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";

/** A graph that a workflow runs. */
export interface GraphRun {
  /** What stopped it, if a budget did. */
  refusal: unknown;
  /** The tasks of an agent's middleware that were refused, whether or not they let anybody know. */
  readonly refusedHooks: Set<string>;
}

/** Under this key of a config's `configurable` the tasks of the graph find it, subgraphs included. */
export const GRAPH_RUN = "__wflo_graph_run";

/** The graph run around, if there is one. */
export function currentGraphRun(): GraphRun | undefined {
  const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as
    | { readonly configurable?: Readonly<Record<string, unknown>> }
    | undefined;
  return config?.configurable?.[GRAPH_RUN] as GraphRun | undefined;
}
