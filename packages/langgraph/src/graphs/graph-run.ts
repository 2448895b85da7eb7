import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { hookTaskOf, tasksOf } from "./task-names.ts";

/** One execution of a graph by a workflow: what stopped its tasks, and what they ask. */
export class GraphRun {
  /** Of the workflow. */
  readonly runId: string;
  /** By the namespaces of the tasks that were refused, whether or not they let anybody know. */
  readonly #refusals = new Map<string, unknown>();
  /** By the ids of the tasks that ask. */
  readonly #questions = new Map<string, readonly unknown[]>();

  constructor(runId: string) {
    this.runId = runId;
  }

  /** Notes that a budget refused a task something. */
  refused(error: unknown, namespace = ""): void {
    if (!this.#refusals.has(namespace)) this.#refusals.set(namespace, error);
  }

  /** Notes what a task asks a person, in the words of whoever asks. */
  asks(taskId: string, questions: readonly unknown[]): void {
    this.#questions.set(taskId, questions);
  }

  /** Notes that a task has come to its end: it could do without what it was refused. */
  ended(taskId: string): void {
    this.#questions.delete(taskId);
    for (const namespace of this.#refusals.keys())
      if (tasksOf(namespace).includes(taskId)) this.#refusals.delete(namespace);
  }

  /** What stops it, if a budget does: the first refusal that no task came to its end with. */
  get refusal(): unknown {
    return [...this.#refusals.values()][0];
  }

  /** What a task was refused that an agent has made of middleware. */
  refusalOfHook(taskId: string): unknown {
    return [...this.#refusals].find(([namespace]) => hookTaskOf(namespace) === taskId)?.[1];
  }

  /** What a task asks since this execution began. */
  questionsOf(taskId: string): readonly unknown[] {
    return this.#questions.get(taskId) ?? [];
  }
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
