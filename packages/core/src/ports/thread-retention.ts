import type { CheckpointHeader, ThreadState } from "./checkpoint-store.ts";

/** Which threads: a page of them, by the bytes of their names. */
export interface ThreadFilter {
  /** What their names begin with. */
  readonly startsWith: string;
  /** A page goes on after this name. */
  readonly after?: string | undefined;
  /** JSON; only threads with a checkpoint whose metadata contains one of these, as in `CheckpointFilter`. */
  readonly containsAny?: readonly string[] | undefined;
  /** How many threads are looked at; fewer may be found. */
  readonly limit: number;
}

/** What a page of threads found. */
export interface ThreadPage {
  /** Those that have checkpoints. */
  readonly threads: readonly ThreadSummary[];
  /** Where the next page goes on; undefined on the last one. */
  readonly after: string | undefined;
}

/** A thread in a page. */
export interface ThreadSummary {
  readonly thread: string;
  readonly checkpoints: number;
  /** When the oldest and the newest of its checkpoints were saved. */
  readonly oldest: Date;
  readonly newest: Date;
}

/** A thread without its contents, at one moment. */
export interface ThreadOutline {
  readonly state: ThreadState;
  /** Greater than at any moment before a checkpoint was saved. */
  readonly sequence: number;
  /** Of all lines, in no order. */
  readonly checkpoints: readonly CheckpointHeader[];
  /** In no order; `checkpointId` may be of a checkpoint that is not there. */
  readonly writes: readonly OutlinedWrites[];
}

/** To which channels a task wrote, each as often as it did. */
export interface OutlinedWrites {
  readonly namespace: string;
  readonly checkpointId: string;
  readonly channels: readonly string[];
}

/** A checkpoint within a thread. */
export interface LinePlace {
  readonly namespace: string;
  readonly id: string;
}

/** Deletes checkpoints that were chosen from an outline. */
export interface CheckpointsDelete {
  readonly thread: string;
  readonly outline: ThreadOutline;
  /** Where there is no checkpoint, writes that wait for one are deleted. None twice. */
  readonly places: readonly LinePlace[];
}

/** What became of the checkpoints, and how much was deleted; `moved`: nothing was, see `ThreadRetention.deleteCheckpoints`. */
export type DeleteVerdict =
  | {
      readonly code: "deleted";
      readonly checkpoints: number;
      readonly writes: number;
      readonly elements: number;
    }
  | { readonly code: "moved" };

/** What becomes of threads over time. Every method is atomic. */
export interface ThreadRetention {
  threads(tenant: string, filter: ThreadFilter): Promise<ThreadPage>;
  /** Undefined when the thread has neither checkpoints nor writes. */
  outline(tenant: string, thread: string): Promise<ThreadOutline | undefined>;
  /**
   * Deletes checkpoints with their writes and all elements that no other checkpoint of the thread names, and raises the epoch of the
   * thread. `moved` when since the outline something was deleted from the thread, a checkpoint of it was replaced, or something came
   * that goes on from one of these. What comes later may go on from them as from a parent that never came.
   */
  deleteCheckpoints(tenant: string, request: CheckpointsDelete): Promise<DeleteVerdict>;
  /**
   * Copies every line of a thread with its writes, and raises the epoch of the copy. `missing` when there is nothing to copy; `taken`
   * when the target has checkpoints, unless it `replaces` them, which deletes them first. The target keeps its time to live, or takes that of the
   * source; it begins now.
   */
  copyThread(
    tenant: string,
    copy: { readonly from: string; readonly to: string; readonly replaces: boolean },
  ): Promise<
    { readonly code: "copied"; readonly checkpoints: number } | { readonly code: "missing" | "taken" }
  >;
  /**
   * How long a thread is there after its last checkpoint was saved; undefined: for ever. Outlives deletes. A default does not change
   * what was set otherwise, and begins now: it is set when a checkpoint is about to be saved. A thread that has expired by now is deleted first, one that has expired with the new time afterwards.
   */
  setTtl(
    tenant: string,
    thread: string,
    ttl: { readonly ttlMs: number | undefined; readonly isDefault: boolean },
  ): Promise<void>;
  /** Deletes threads that have expired, the longest expired first, or only the one; returns how many there were. Nothing reads them before that. */
  deleteExpired(
    tenant: string,
    which: { readonly limit: number; readonly thread?: string | undefined },
  ): Promise<number>;
}
