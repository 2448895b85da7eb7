import { checkOptions, InvalidOptionError, type ThreadOutline } from "@wflo/core";
import {
  MemorySaver,
  type BaseCheckpointSaver,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { keyOfPlace } from "../saver/outlined-checkpoint.ts";
import { parentsFirst, type SourceCheckpoint } from "./parents-first.ts";
import { specialIndex } from "../saver/special-index.ts";
import { tuplesOf } from "./tuples-of.ts";

/** What is imported. */
export interface ImportOptions {
  /** Default: all that the other checkpointer lists. */
  readonly threadIds?: readonly string[] | undefined;
  /** Called after each thread. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends it between two checkpoints; run again, it goes on there. */
  readonly signal?: AbortSignal | undefined;
}

/** How many were copied. */
export interface Imported {
  readonly threads: number;
  readonly checkpoints: number;
  /** Checkpoints that were here already. */
  readonly skipped: number;
}

/** How far an import is. */
export interface ImportProgress extends Imported {
  /** The thread that was imported last. */
  readonly threadId: string;
}

/** Where threads are imported to. */
export interface ImportTarget {
  outline(threadId: string): Promise<ThreadOutline | undefined>;
  /** `isOrphan`: where it comes from, what it goes on from is not there any more. */
  put(tuple: CheckpointTuple, isOrphan: boolean): Promise<void>;
  putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string, taskPath: string): Promise<void>;
}

/** Copies threads, see `WfloSaver.importFrom`. Throws `InvalidOptionError`, and the reason of the signal. */
export async function importThreads(
  other: BaseCheckpointSaver,
  options: ImportOptions | undefined,
  target: ImportTarget,
): Promise<Imported> {
  if (typeof (other as Partial<BaseCheckpointSaver> | null)?.getTuple !== "function") {
    throw new InvalidOptionError(
      "importFrom() takes another checkpointer, such as PostgresSaver.fromConnString(url).",
    );
  }
  const { threadIds, onProgress, signal } = checkOptions("The options of importFrom", options, {
    threadIds: true,
    onProgress: true,
    signal: true,
  });
  let sum: Imported = { threads: 0, checkpoints: 0, skipped: 0 };
  for (const threadId of threadIds ?? (await threadIdsOf(other, signal))) {
    signal?.throwIfAborted();
    const { checkpoints, skipped } = await importThread(other, threadId, target, signal);
    sum = {
      threads: sum.threads + 1,
      checkpoints: sum.checkpoints + checkpoints,
      skipped: sum.skipped + skipped,
    };
    onProgress?.({ ...sum, threadId });
  }
  return sum;
}

/** A list may have no more at once than a page, which a saver in memory has anyway. */
function isPaged(other: BaseCheckpointSaver): boolean {
  return !(other instanceof MemorySaver);
}

async function threadIdsOf(
  other: BaseCheckpointSaver,
  signal: AbortSignal | undefined,
): Promise<Iterable<string>> {
  const ids = new Set<string>();
  for await (const { config } of tuplesOf(other, {}, isPaged(other))) {
    signal?.throwIfAborted();
    ids.add(String(config.configurable?.["thread_id"]));
  }
  return ids;
}

async function importThread(
  other: BaseCheckpointSaver,
  threadId: string,
  target: ImportTarget,
  signal: AbortSignal | undefined,
): Promise<Omit<Imported, "threads">> {
  const source: SourceCheckpoint[] = [];
  const config = { configurable: { thread_id: threadId } };
  for await (const tuple of tuplesOf(other, config, isPaged(other))) {
    signal?.throwIfAborted();
    source.push(sourceOf(tuple));
  }
  const here = writesHere(await target.outline(threadId));
  const missing = parentsFirst(source).filter((one) => (here.get(keyOfPlace(one)) ?? -1) < one.writes);
  const there = new Set(source.map(keyOfPlace));
  let checkpoints = 0;
  for (const { namespace, id, parentId = id } of missing) {
    signal?.throwIfAborted();
    const place = { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id };
    const tuple = await other.getTuple({ configurable: place });
    // Deleted meanwhile.
    if (tuple === undefined) continue;
    if (!here.has(keyOfPlace({ namespace, id }))) {
      await target.put(tuple, !there.has(keyOfPlace({ namespace, id: parentId })));
      checkpoints += 1;
    }
    await putWritesOf(tuple, { configurable: place }, target);
  }
  return { checkpoints, skipped: source.length - checkpoints };
}

/** How many writes each checkpoint has that is here. */
function writesHere(outline: ThreadOutline | undefined): ReadonlyMap<string, number> {
  const here = new Map((outline?.checkpoints ?? []).map((row) => [keyOfPlace(row), 0]));
  for (const { namespace, checkpointId: id, channels } of outline?.writes ?? []) {
    const key = keyOfPlace({ namespace, id });
    const known = here.get(key);
    if (known !== undefined) here.set(key, known + channels.length);
  }
  return here;
}

function sourceOf({
  config,
  checkpoint,
  parentConfig,
  pendingWrites = [],
}: CheckpointTuple): SourceCheckpoint {
  const namespace: unknown = config.configurable?.["checkpoint_ns"];
  const parentId: unknown = parentConfig?.configurable?.["checkpoint_id"];
  return {
    namespace: typeof namespace === "string" ? namespace : "",
    id: checkpoint.id,
    parentId: typeof parentId === "string" ? parentId : undefined,
    writes: pendingWrites.length,
  };
}

/** The writes of each task, in the order in which the other saver has the tasks. */
async function putWritesOf(
  { pendingWrites = [] }: CheckpointTuple,
  config: RunnableConfig,
  target: ImportTarget,
): Promise<void> {
  const tasks = [...Map.groupBy(pendingWrites, ([taskId]) => taskId)];
  const isSorted = tasks.every(([taskId], at) => at === 0 || (tasks[at - 1]?.[0] ?? "") < taskId);
  for (const [at, [taskId, writes]] of tasks.entries()) {
    const path = isSorted ? "" : String(at).padStart(9, "0");
    const isSpecial = ([, channel]: (typeof writes)[number]) => specialIndex(channel) !== undefined;
    // Apart, as their tasks put them: places count from the first ordinary one.
    for (const group of [writes.filter(isSpecial), writes.filter((write) => !isSpecial(write))]) {
      const pairs = group.map(([, channel, value]): PendingWrite => [channel, value]);
      if (pairs.length > 0) await target.putWrites(config, pairs, taskId, path);
    }
  }
}
