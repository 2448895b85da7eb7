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
  readonly tags: readonly string[];
}

/** A run as it stands. */
export interface RunRow extends NewRun {
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

/** The saved result of a step. */
export interface StepRow {
  /** Agents, name and key, from `run/step-path.ts`. */
  readonly path: string;
  readonly epoch: number;
  /** Encoded by the codec. */
  readonly result: string;
  readonly savedAt: Date;
}

/** Whether this process may execute a run now. */
export type ClaimVerdict =
  | { readonly code: "claimed"; readonly run: RunRow }
  | { readonly code: "alive"; readonly heartbeatAgoMs: number }
  | { readonly code: "completed" }
  | { readonly code: "unknown" };

/** Which runs, and how many. */
export interface RunFilter {
  readonly workflow?: string | undefined;
  /** `stale`: still `running`, but the heartbeat stopped. */
  readonly status?: RunStatus | "stale" | undefined;
  /** Newest first; a page goes on before this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Where runs and the results of their steps are kept. Heartbeats older than `staleAfterMs` (store's clock) count as stopped. */
export interface RunStore {
  /** Inserts a run in status `running`, epoch 1. False when the id exists. */
  create(tenant: string, run: NewRun): Promise<boolean>;
  get(tenant: string, runId: string): Promise<RunRow | undefined>;
  list(tenant: string, filter: RunFilter): Promise<readonly RunRow[]>;
  /** Takes a run for this process: raises its epoch, sets `running`, and closes open holds of older epochs in doubt. */
  claim(tenant: string, runId: string, options: { readonly takeOver: boolean }): Promise<ClaimVerdict>;
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
  /** In the order they were saved. */
  steps(tenant: string, runId: string): Promise<readonly StepRow[]>;
}
