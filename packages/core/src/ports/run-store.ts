import type { BudgetWarning } from "./budget-warning.ts";

/** `running -> paused | completed | failed`, and back to `running` by a resume. */
export type RunStatus = "running" | "paused" | "completed" | "failed";

/** A run as it is created. */
export interface NewRun {
  readonly id: string;
  readonly workflow: string;
  /** Encoded by the codec. */
  readonly input: string;
  /** The budgets every call of the run is reserved on, its own included. */
  readonly budgetIds: readonly string[];
  /** Made together with the run, unless a budget of this id exists; charges holds of dead processes, and warns nowhere. */
  readonly ownBudget?: { readonly id: string; readonly totalNanoUsd: bigint } | undefined;
  readonly tags: readonly string[];
  /** 32 hexadecimal digits, as W3C trace context writes them. */
  readonly traceId: string;
  /** The run whose checkpoints these are kept with: its own id, or that of the run it was first forked off. */
  readonly threadId: string;
  /** Where it was forked off; such a run begins `paused`. */
  readonly forkedFrom?: { readonly runId: string; readonly checkpointId: string } | undefined;
}

/** A run as it stands. */
export interface RunRow extends Omit<NewRun, "ownBudget"> {
  readonly status: RunStatus;
  /** True for a `running` run whose heartbeat stopped more than the stale limit ago. */
  readonly stale: boolean;
  readonly epoch: number;
  readonly createdAt: Date;
  readonly heartbeatAt: Date;
  readonly endedAt: Date | undefined;
  /** Encoded by the codec. */
  readonly result: string | undefined;
  readonly error: string | undefined;
}

/** A run in a list: without what it was given and what it gave, which may be large. */
export type ListedRun = Omit<RunRow, "input" | "result">;

/** The saved result of a step. */
export interface StepRow {
  /** Agents, name and key, from `run/step-path.ts`. */
  readonly path: string;
  readonly epoch: number;
  /** The run's latest checkpoint when the step was saved: a rollback to before it, or to itself, un-finishes the step. */
  readonly checkpointId: string | undefined;
  /** Encoded by the codec. */
  readonly result: string;
  /** How long its function took, in milliseconds. */
  readonly tookMs: number;
  readonly savedAt: Date;
}

/** Whether this process may execute a run now. */
export type ClaimVerdict =
  /** `warnings`: what closing the holds of older epochs brought up, as in `SettleVerdict`. */
  | {
      readonly code: "claimed";
      readonly run: RunRow;
      readonly warnings?: readonly BudgetWarning[] | undefined;
    }
  | { readonly code: "alive"; readonly heartbeatAgoMs: number }
  | { readonly code: "completed" }
  | { readonly code: "unknown" };

/** Which runs, and how many. */
export interface RunFilter {
  readonly workflow?: string | undefined;
  /** `stale`: still `running`, but the heartbeat stopped. */
  readonly status?: RunStatus | "stale" | undefined;
  readonly tag?: string | undefined;
  /** Created at this moment or later. */
  readonly since?: Date | undefined;
  /** Newest first, by when they were made and then by their ids; a page goes on before the run of this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Where runs and the results of their steps are kept. Heartbeats older than `staleAfterMs` (store's clock) count as stopped. */
export interface RunStore {
  /** Inserts a run, epoch 1, in status `running` (`paused` when it was forked), with its own budget. False when the id exists. */
  create(tenant: string, run: NewRun): Promise<boolean>;
  get(tenant: string, runId: string): Promise<RunRow | undefined>;
  list(tenant: string, filter: RunFilter): Promise<readonly ListedRun[]>;
  /**
   * Takes a run for this process: raises its epoch, sets `running`, and closes open holds of older epochs in doubt. With `atRest` it
   * does so without executing it: of the row only the epoch changes (status, heartbeat, result and error stay), and a completed run
   * is handed out too.
   */
  claim(
    tenant: string,
    runId: string,
    options: { readonly takeOver: boolean; readonly atRest?: boolean | undefined },
  ): Promise<ClaimVerdict>;
  /** False when the epoch is no longer the run's. */
  heartbeat(tenant: string, runId: string, epoch: number): Promise<boolean>;
  /** Writes the end of an execution. False when the epoch is no longer the run's. */
  finish(
    tenant: string,
    end: {
      readonly runId: string;
      readonly epoch: number;
      readonly status: Exclude<RunStatus, "running">;
      readonly result?: string | undefined;
      readonly error?: string | undefined;
    },
  ): Promise<boolean>;
  /** In the order they were saved, with those that a rollback un-finished. */
  steps(tenant: string, runId: string): Promise<readonly StepRow[]>;
}
