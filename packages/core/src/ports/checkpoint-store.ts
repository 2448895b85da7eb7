import type { ThreadRetention } from "./thread-retention.ts";

/** A stretch of a log: the positions from `first` to `last`, both included, read backwards when `last` is the smaller. */
export type Piece = readonly [log: number, first: number, last: number];

/** One stored value. Logs are numbered within their thread; an element once written never changes. */
export interface Element {
  readonly log: number;
  readonly position: number;
  /** How `text` is written, from `checkpoint/written.ts`; a reader that does not know the number says so. */
  readonly codec: number;
  readonly text: string;
}

/**
 * What made a checkpoint: a state that was saved; a rollback, which repeats the state of an earlier one and goes on from there; or
 * the start of a run that was forked off another.
 */
export type CheckpointKind = "save" | "rollback" | "fork";

/** A checkpoint as it is written. Its id, thread, namespace, name and step have at most 1,000 bytes and no control characters. */
export interface NewCheckpoint {
  readonly thread: string;
  /** A line of checkpoints within the thread; all lines of a thread share its logs. May be empty. */
  readonly namespace: string;
  /** Sorted by bytes: the greatest id of a line is its latest. */
  readonly id: string;
  readonly parentId: string | undefined;
  readonly kind: CheckpointKind;
  readonly name: string;
  /** The step in which it was made; undefined between steps and outside of runs. */
  readonly step: string | undefined;
  /** What the pieces are for; the store does not read it. */
  readonly manifest: string;
  /** Which elements the state is made of. */
  readonly pieces: readonly Piece[];
  /** Encoded by the codec; the store does not read it. */
  readonly metadata: string;
}

/** A checkpoint as it stands. */
export interface CheckpointRow extends NewCheckpoint {
  readonly savedAt: Date;
}

/** A checkpoint without its contents, for lists. */
export type CheckpointHeader = Omit<CheckpointRow, "manifest" | "pieces">;

/** What a writer has to know of a thread before it writes. */
export interface ThreadState {
  /** Raised when something was deleted: whoever relies on elements written before must read again. */
  readonly epoch: number;
  /** The smallest number no log of the thread has. */
  readonly nextLog: number;
}

/** Writes one checkpoint with the elements that only it has so far. */
export interface CheckpointPut {
  readonly tenant: string;
  readonly checkpoint: NewCheckpoint;
  readonly elements: readonly Element[];
  /** The epoch in which the older elements among the pieces were known to be there; undefined when there are none. */
  readonly threadEpoch: number | undefined;
  /** Refused as `moved` unless `parentId` is the greatest id of the line (undefined: unless the line is empty). */
  readonly mustFollow?: boolean | undefined;
  /** Another checkpoint of this id is replaced, with its elements left where they are; what says the same in the same elements is a `replay` still. */
  readonly replaces?: boolean | undefined;
  /**
   * Refused as `deleted` when the parent is not there, and an id that is as great or greater was deleted from the thread. The id of what is
   * refused counts as deleted itself, with what its tasks wrote.
   */
  readonly mustNotRevive?: boolean | undefined;
  /** Refused as `superseded` when this run has a newer epoch. */
  readonly fence?: { readonly runId: string; readonly epoch: number } | undefined;
}

/** What became of a put. */
export type PutVerdict =
  /** `replay`: this id is there already, and stays as it is (unless `replaces`). */
  | { readonly code: "saved" | "replay"; readonly savedAt: Date; readonly thread: ThreadState }
  /** Something was deleted since `threadEpoch`. */
  | { readonly code: "stale"; readonly thread: ThreadState }
  /** Another writer has an element in one of these places; nothing was written. */
  | { readonly code: "collision"; readonly thread: ThreadState }
  /** Another checkpoint was made on the line meanwhile; nothing was written. */
  | { readonly code: "moved"; readonly thread: ThreadState }
  | { readonly code: "superseded" }
  /** It goes on from what was deleted; nothing was written. */
  | { readonly code: "deleted" };

/**
 * What a task of a framework wrote before the checkpoint after it is made, kept beside the checkpoint it started from. Task, path
 * and channel are names, as in `NewCheckpoint`; the path and the channel may be empty.
 */
export interface PendingWrite {
  readonly taskId: string;
  readonly taskPath: string;
  /** Which of the writes of its task; with the id of the task it is unique within a checkpoint. */
  readonly index: number;
  readonly channel: string;
  /** How `text` is written, as in `Element`. */
  readonly codec: number;
  readonly text: string;
}

/** Writes of one task; the checkpoint they belong to may come later. The path that a task is first put with stays. */
export interface WritesPut extends Pick<PendingWrite, "taskId" | "taskPath"> {
  readonly tenant: string;
  readonly thread: string;
  readonly namespace: string;
  readonly checkpointId: string;
  readonly writes: readonly Omit<PendingWrite, "taskId" | "taskPath">[];
  /** Whether the last write of an index counts, or the first. */
  readonly replaces: boolean;
}

/** Which checkpoint: one id; else the latest of the line, or the latest of that name. */
export interface CheckpointPlace {
  readonly thread: string;
  readonly namespace: string;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** A checkpoint with everything its state is made of. */
export interface StoredCheckpoint {
  readonly row: CheckpointRow;
  /** Each element of each piece, once, in no order. In a page, those of all checkpoints of the thread that are on it. */
  readonly elements: readonly Element[];
  /** By task path, then task, then index, texts by their bytes. */
  readonly writes: readonly PendingWrite[];
  readonly thread: ThreadState;
}

/** Which writes are sought among ancestors. */
export interface WalkRequest {
  readonly channels: readonly string[];
  /** The walk of a channel ends where the metadata, JSON, is an object with an object under this key that has the channel as a key. */
  readonly endKey: string;
}

/** What a walk found. */
export interface ChannelWalk {
  /** Those of the oldest checkpoint first, within it in the order of `StoredCheckpoint`. */
  readonly writes: readonly PendingWrite[];
  /** Where the walks of channels ended, the nearest first; a channel is in none when its walk came to the first ancestor that is still there. */
  readonly ends: readonly { readonly channels: readonly string[]; readonly stored: StoredCheckpoint }[];
}

/** Which checkpoints: those that meet all that is given. */
export interface CheckpointConditions {
  readonly thread?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Greatest id first; a page goes on before this one, whichever line it is of. */
  readonly before?: string | undefined;
  /** The smallest id there may be, whichever line it is of. */
  readonly from?: string | undefined;
  readonly id?: string | undefined;
  /** JSON; only checkpoints whose metadata is JSON that contains it, as PostgreSQL's `@>` does: objects may have more keys. */
  readonly contains?: string | undefined;
}

/** Which checkpoints of those, and how many. */
export interface CheckpointFilter extends CheckpointConditions {
  /** So many are left out before the page begins: a whole number, none where it is left out. */
  readonly skip?: number | undefined;
  readonly limit: number;
}

/** Where checkpoints are kept. Every method is atomic. A thread that has expired is not there for those that read. */
export interface CheckpointStore extends ThreadRetention {
  put(put: CheckpointPut): Promise<PutVerdict>;
  /**
   * Without an id, the latest is the greatest id of the line, unless a descendant of it has a smaller one (the clock of its host ran
   * behind): then the descendant that was saved last. Of a name, it is the greatest id that has the name.
   */
  get(tenant: string, place: CheckpointPlace): Promise<StoredCheckpoint | undefined>;
  /** From the place through its parents until one is missing, at most `limit`. The same choice as `get` where no id is given. */
  lineage(tenant: string, place: CheckpointPlace, limit: number): Promise<readonly CheckpointHeader[]>;
  list(tenant: string, filter: CheckpointFilter): Promise<readonly CheckpointHeader[]>;
  /** As `list`, with the contents: an element that several checkpoints of the page have is read once. */
  listStored(tenant: string, filter: CheckpointFilter): Promise<readonly StoredCheckpoint[]>;
  /** How many checkpoints `list` would give without a limit. */
  count(tenant: string, conditions: CheckpointConditions): Promise<number>;
  /** `deleted`: as of a put that goes on from this checkpoint and must not revive it; nothing was written. */
  putWrites(put: WritesPut): Promise<"saved" | "deleted">;
  /** The writes to some channels at the ancestors of a place, which is not one of them, up to where each walk ends. */
  walk(tenant: string, place: CheckpointPlace, request: WalkRequest): Promise<ChannelWalk>;
  /** Deletes every line of a thread with its writes and raises its epoch. False when there was nothing. */
  deleteThread(tenant: string, thread: string): Promise<boolean>;
}
