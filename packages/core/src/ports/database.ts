import type { CheckpointStore } from "./checkpoint-store.ts";
import type { ItemStore } from "./item-store.ts";
import type { LedgerStore, Settlement, SettleVerdict } from "./ledger-store.ts";
import type { RunStore } from "./run-store.ts";

/** A finished step and the settles of its calls that the store has not acknowledged yet. */
export interface StepCommit {
  readonly tenant: string;
  readonly runId: string;
  readonly epoch: number;
  readonly path: string;
  /** The run's latest checkpoint now. */
  readonly checkpointId: string | undefined;
  /** Encoded by the codec. */
  readonly result: string;
  /** How long its function took, in milliseconds. */
  readonly tookMs: number;
  readonly settlements: readonly Settlement[];
}

/** What became of a commit. */
export interface StepCommitVerdict {
  /** `superseded`: the run has a newer epoch; the settles were committed, the result was not. */
  readonly code: "committed" | "superseded";
  /** The result that stays, encoded, when this epoch had saved the step after the same checkpoint before. */
  readonly recorded?: string | undefined;
  readonly settled: readonly SettleVerdict[];
}

/**
 * Everything wflo keeps. Implemented by `memoryDatabase()` here and by `@wflo/postgres`. Ids of calls, entries and runs are UUIDs in
 * lower case; names (tenants, budgets, workflows, tags, paths of steps) have at most 1,000 bytes and no control characters; other
 * texts are kept as they are, but for what a database cannot store.
 */
export interface Database {
  readonly ledger: LedgerStore;
  readonly runs: RunStore;
  readonly checkpoints: CheckpointStore;
  readonly items: ItemStore;
  /**
   * Settles and saves the result in one transaction. Saving the same step of the same epoch after the same checkpoint again is a
   * replay, which tells the result that was saved; after another checkpoint it is another step.
   */
  commitStep(commit: StepCommit): Promise<StepCommitVerdict>;
  /** Gives connections and locks back. Methods called afterwards reject. */
  close(): Promise<void>;
}
