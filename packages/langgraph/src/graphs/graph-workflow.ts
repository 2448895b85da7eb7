import {
  aroundRuns,
  checkOptions,
  InvalidOptionError,
  registerTarget,
  RunInterruptedError,
  type Run,
  type WorkflowFunction,
} from "@wflo/core";
import type { RunnableConfig } from "@langchain/core/runnables";
import { GRAPH_RUN, GraphRun } from "./graph-run.ts";
import { graphValues } from "./graph-values.ts";
import { outsideGraphs } from "./outside-graphs.ts";
import { hasOwnInput, type ThreadState } from "./own-input.ts";
import { watchedSaver } from "./watched-saver.ts";
import { covered } from "../models/model-call.ts";
import { meterUntoldEvents } from "../models/unwrapped-events.ts";
import { WfloCallbacks } from "../wflo-callbacks.ts";

/** Under which LangGraph takes a checkpointer other than the one that the graph was compiled with. */
const CHECKPOINTER = "__pregel_checkpointer";

/** What a workflow needs of a compiled graph of LangGraph, or of an agent of `createAgent`. */
export interface GraphTarget {
  invoke(input: unknown, config?: RunnableConfig): Promise<unknown>;
  stream(input: unknown, config?: RunnableConfig): Promise<AsyncIterable<unknown>>;
  getState(config: RunnableConfig): Promise<GraphState>;
  getStateHistory(config: RunnableConfig): AsyncIterable<GraphState>;
  readonly checkpointer?: unknown;
  readonly outputChannels?: unknown;
}

interface GraphState {
  readonly config: RunnableConfig;
  readonly values: unknown;
  readonly metadata?: { readonly source?: unknown; readonly run_id?: unknown } | undefined;
  readonly tasks: readonly { readonly id: string }[];
}

/** How a workflow runs a graph. */
export interface GraphWorkflowOptions<Input = unknown> {
  /** The thread it works on, by its input. Default: one of its own, named by the run's id. */
  readonly threadId?: ((input: Input) => string) | undefined;
  /** What the graph gets, by the input of the run. Default: the same. */
  readonly input?: ((input: Input) => unknown) | undefined;
  /** The run's result is a stream of the graph in this mode instead of what it returns. */
  readonly streamMode?: "values" | "updates" | "messages" | "custom" | "debug" | undefined;
  /** What else the graph is invoked with, such as `recursionLimit` or `context`. */
  readonly config?: RunnableConfig | undefined;
}

/**
 * The function of a workflow that runs a compiled graph: `wflo.workflow(name, graph)` does the same without options. A refused budget stops
 * the graph at the node that asked; `resume` goes on there, in any process, with what other nodes did before. An interrupt pauses
 * the run (`RunInterruptedError`); `resume(id, { answer })` answers it. Throws `InvalidOptionError` for a graph without a checkpointer.
 */
export function graphWorkflow<Input = unknown, Output = unknown>(
  graph: unknown,
  options: GraphWorkflowOptions<Input> = {},
): WorkflowFunction<Input, Output> {
  const target = graphOf(graph);
  if (target === undefined) {
    throw new InvalidOptionError(
      "graphWorkflow takes a compiled graph of LangGraph, or an agent of createAgent.",
    );
  }
  if (typeof target.checkpointer !== "object" || target.checkpointer === null) {
    throw new InvalidOptionError(
      "A workflow needs a graph that keeps its threads: compile({ checkpointer: new WfloSaver({ database }) }).",
    );
  }
  checkOptions("The options of graphWorkflow", options, {
    threadId: true,
    input: true,
    streamMode: true,
    config: true,
  });
  const work = async (run: Run<Input>, input: Input) => {
    const { config, streamMode } = options;
    const asked = options.input === undefined ? input : options.input(input);
    const work = new GraphWork(target, run, { config, input: asked, threadId: options.threadId?.(input) });
    return (streamMode === undefined ? work.invoke() : work.stream(streamMode)) as Output;
  };
  return Object.assign(work, { codec: graphValues });
}

interface Work {
  readonly input: unknown;
  readonly threadId: string | undefined;
  readonly config?: RunnableConfig | undefined;
}

/** One execution of a run on the thread of a graph. */
class GraphWork {
  readonly #graph: GraphTarget;
  readonly #run: Run<unknown>;
  readonly #work: Work;
  readonly #graphRun: GraphRun;
  readonly #thread: RunnableConfig;
  readonly #checkpointer: object;

  constructor(graph: GraphTarget, run: Run<unknown>, work: Work) {
    this.#graph = graph;
    this.#run = run;
    this.#work = work;
    this.#thread = { configurable: { ...work.config?.configurable, thread_id: work.threadId ?? run.id } };
    this.#graphRun = new GraphRun(run.id);
    this.#checkpointer = watchedSaver(graph.checkpointer as object, this.#graphRun);
  }

  async invoke(): Promise<unknown> {
    const from = await this.#begin();
    if ("over" in from) return from.over;
    const value = await this.#within(() => this.#graph.invoke(from.input, this.#config()));
    await this.#end();
    return value;
  }

  async *stream(streamMode: string): AsyncGenerator {
    const from = await this.#begin();
    if ("over" in from) return;
    const config = { ...this.#config(), streamMode } as RunnableConfig;
    yield* await this.#within(() => this.#graph.stream(from.input, config));
    await this.#end();
  }

  /** Where to go on: with the input, unless an earlier execution of this run has put it into the thread. */
  async #begin(): Promise<{ readonly input: unknown } | { readonly over: unknown }> {
    const state = await this.#graph.getState(this.#thread);
    const head = checkpointOf(state);
    const before = await this.#run.step("thread", () => ({ head: head ?? "" }));
    if (before.head === (head ?? "")) return { input: this.#work.input };
    if (!(await this.#hasBegun(before.head))) return { input: this.#work.input };
    // A task whose writes were saved, but not yet put into a checkpoint, is in `tasks` and not in `next`.
    if (state.tasks.length === 0) return { over: this.#outputOf(state.values) };
    if (this.#run.answer === undefined) return { input: null };
    const { Command } = await import("@langchain/langgraph");
    return { input: new Command({ resume: this.#run.answer }) };
  }

  /** Whether its input is in the thread, which changed after `since`: a thread of its own is changed by nobody else. */
  async #hasBegun(since: string): Promise<boolean> {
    const { threadId } = this.#work;
    if (threadId === undefined) return true;
    return hasOwnInput(this.#states(), { runId: this.#run.id, threadId, since });
  }

  async *#states(): AsyncGenerator<ThreadState> {
    for await (const state of this.#graph.getStateHistory(this.#thread)) {
      const { source, run_id: runId } = state.metadata ?? {};
      yield { checkpointId: checkpointOf(state), source, runId };
    }
  }

  /** What the graph would have returned: its private channels are its own. */
  #outputOf(values: unknown): unknown {
    const { outputChannels: names } = this.#graph;
    if (!Array.isArray(names) || typeof values !== "object" || values === null) return values;
    return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
  }

  /** A graph that stopped before its end says so by its state only. */
  async #end(): Promise<void> {
    const { tasks } = await this.#graph.getState(this.#thread);
    if (tasks.length === 0) return;
    // The state has questions as well that were answered.
    const asked = tasks.flatMap(({ id }) => this.#graphRun.questionsOf(id));
    // A refusal may have been caught, and the graph gone on to a question.
    if (asked.length === 0 && this.#graphRun.refusal !== undefined) throw this.#graphRun.refusal;
    throw new RunInterruptedError(this.#run.id, asked);
  }

  #config(): RunnableConfig {
    const { config } = this.#work;
    const { signal } = this.#run;
    return {
      ...config,
      signal: config?.signal === undefined ? signal : AbortSignal.any([signal, config.signal]),
      // For `deleteForRuns`, and to know its own input by.
      metadata: { ...config?.metadata, run_id: this.#run.id },
      configurable: {
        ...this.#thread.configurable,
        [GRAPH_RUN]: this.#graphRun,
        [CHECKPOINTER]: this.#checkpointer,
      },
    };
  }

  #within<T>(work: () => T): T {
    const place = { graphRun: this.#graphRun, modelCall: undefined };
    return outsideGraphs(() => covered(new WfloCallbacks({}, place), undefined, work));
  }
}

function checkpointOf({ config }: GraphState): string | undefined {
  const id: unknown = config.configurable?.["checkpoint_id"];
  return typeof id === "string" ? id : undefined;
}

/** A compiled graph, or that of an agent. */
function graphOf(target: unknown): GraphTarget | undefined {
  if (isGraph(target)) return target;
  const { graph } = (typeof target === "object" && target !== null ? target : {}) as {
    readonly graph?: unknown;
  };
  return isGraph(graph) ? graph : undefined;
}

function isGraph(value: unknown): value is GraphTarget {
  const graph = value as { lg_is_pregel?: unknown; getState?: unknown } | null | undefined;
  return typeof graph === "object" && graph?.lg_is_pregel === true && typeof graph.getState === "function";
}

/** Teaches wflo graphs, and to count models that nobody wrapped in whatever a run does. */
export function registerLangGraph(): void {
  registerTarget((target) => (graphOf(target) === undefined ? undefined : graphWorkflow(target)));
  aroundRuns((work) =>
    covered(new WfloCallbacks({}, { graphRun: undefined, modelCall: undefined }), undefined, work),
  );
  meterUntoldEvents();
}
