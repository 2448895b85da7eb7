import type { MoneyInput } from "../money/money.ts";
import type { Checkpoint, CheckpointInfo } from "../checkpoint/checkpoint.ts";
import type { CheckpointChoice } from "../checkpoint/lineage.ts";
import type { CostBreakdown } from "./cost-breakdown.ts";
import type { SaveOptions } from "./run-history.ts";
import type { ToolFunction, ToolOptions } from "./run-services.ts";
import type { StepName } from "./step-path.ts";

/** An agent's part of a run: a step with a name for its costs and, if wanted, a cap of its own. */
export interface AgentName {
  readonly name: string;
  /** Needed where the same name occurs more than once. */
  readonly key?: string | number | undefined;
  /** The most the agent may cost in this run, within what the run may cost. */
  readonly budget?: MoneyInput | undefined;
}

/** How a fork differs from the run it is forked off. */
export interface ForkOptions {
  /** The most the fork may cost. Default: what the run may cost. */
  readonly budget?: MoneyInput | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** What the function of a workflow works with. */
export interface Run<Input = unknown> {
  readonly id: string;
  readonly input: Input;
  /**
   * What an interrupted run was resumed with (`resume(id, { answer })`); undefined otherwise. It is the same for whatever asks in this
   * execution: have it say which question it answers.
   */
  readonly answer: unknown;
  /** Aborts when the caller aborts or another process takes the run over. */
  readonly signal: AbortSignal;
  /** Runs `fn` once in the life of the run: saved, and skipped on resume. See `run/step.ts` for its errors. */
  step<T>(step: StepName, fn: () => T | Promise<T>): Promise<T>;
  /** A step whose costs carry the agent's name and stay under its budget. */
  agent<T>(agent: AgentName, fn: () => T | Promise<T>): Promise<T>;
  /** A call of a tool: counted, timed, and charged its price. Models called inside are charged by themselves. */
  tool<T>(name: string, fn: ToolFunction<T>, options?: ToolOptions): Promise<T>;
  /**
   * Saves a state under a name, to be restored or rolled back to. What did not change since the last one of that name is not written
   * again. A resumed run that comes past a checkpoint again does not save it twice. One that cannot be saved is reported and gives
   * undefined, or is an error when `strict`.
   */
  checkpoint(name: string, state: unknown, options?: SaveOptions): Promise<CheckpointInfo | undefined>;
  /** The state of the latest checkpoint (of that name), or of a chosen one, on the run's branch; undefined when there is none. */
  restore<State = unknown>(which?: string | CheckpointChoice): Promise<State | undefined>;
  /**
   * Goes back to a checkpoint: steps saved after it are un-finished and may run again; money that was spent stays spent. Returns the
   * checkpoint with its state. Throws `UnknownCheckpointError`, and `StepsRunningError` while other steps run.
   */
  rollback<State = unknown>(which?: string | CheckpointChoice): Promise<Checkpoint<State>>;
  /** A new run of the same workflow that shares what was done up to a checkpoint; `resume` its id. Throws `UnknownCheckpointError`. */
  fork(which?: string | CheckpointChoice, options?: ForkOptions): Promise<{ readonly runId: string }>;
  /** What the run has cost so far, earlier executions included. Waits for settles on their way. */
  cost(): Promise<CostBreakdown>;
  /** A function that belongs to this place in the run wherever it is called from, such as an event listener. */
  bind<Args extends readonly unknown[], T>(fn: (...args: Args) => T): (...args: Args) => T;
}
