import {
  checkOptions,
  InvalidOptionError,
  type CheckpointStore,
  type OptionNames,
  type ThreadSummary,
} from "@wflo/core";
import { prunePlan, type PruneRule } from "./prune-plan.ts";
import { thinThread } from "./thin-thread.ts";
import { ALL_THREADS, threadIdOf, threadOf } from "../saver/thread-config.ts";
import { threadPages } from "./thread-pages.ts";

/** Which checkpoints are deleted: by one of the first two at least; by both, those that both mean. */
export interface PruneOptions {
  /** How many of the newest checkpoints of each thread and namespace are kept. */
  readonly keepLast?: number | undefined;
  /** Checkpoints saved before this date, or longer ago than this many milliseconds. */
  readonly olderThan?: Date | number | undefined;
  /** Only this thread; default: all threads of the tenant. */
  readonly threadId?: string | undefined;
  /** Ends it between two threads; what was deleted stays deleted. */
  readonly signal?: AbortSignal | undefined;
}

const PRUNE_OPTIONS: OptionNames<PruneOptions> = {
  keepLast: true,
  olderThan: true,
  threadId: true,
  signal: true,
};

/** What was deleted. */
export interface Pruned {
  /** Threads of which something was. */
  readonly threads: number;
  readonly checkpoints: number;
  readonly writes: number;
  /** Stored values, items of lists and entries of maps. */
  readonly elements: number;
  /** Threads that were written to all the time, and left for the next time. */
  readonly busy: readonly string[];
}

/** Prunes threads, see `WfloSaver.prune`. Throws `InvalidOptionError`, and the reason of the signal. */
export async function pruneThreads(
  store: CheckpointStore,
  tenant: string,
  options: PruneOptions,
): Promise<Pruned> {
  checkOptions("The options of prune", options, PRUNE_OPTIONS);
  const rule = ruleOf(options);
  const { threadId, signal } = options;
  const sum = { threads: 0, checkpoints: 0, writes: 0, elements: 0 };
  const busy: string[] = [];
  const prune = async (thread: string) => {
    signal?.throwIfAborted();
    const thinned = await thinThread(store, tenant, thread, (outline) => prunePlan(outline, rule));
    if (thinned === "busy") {
      busy.push(threadIdOf(thread));
      return;
    }
    const { checkpoints, writes, elements } = thinned;
    sum.threads += checkpoints + writes > 0 ? 1 : 0;
    sum.checkpoints += checkpoints;
    sum.writes += writes;
    sum.elements += elements;
  };
  if (threadId !== undefined) {
    await prune(threadOf(threadId));
    return { ...sum, busy };
  }
  signal?.throwIfAborted();
  for await (const threads of threadPages(store, tenant, ALL_THREADS)) {
    for (const summary of threads) if (mayLose(summary, rule)) await prune(summary.thread);
    signal?.throwIfAborted();
  }
  return { ...sum, busy };
}

function mayLose({ checkpoints, oldest }: ThreadSummary, { keepLast = 0, savedBefore }: PruneRule): boolean {
  return checkpoints > keepLast && (savedBefore === undefined || oldest < savedBefore);
}

function ruleOf({ keepLast, olderThan }: PruneOptions): PruneRule {
  if (keepLast === undefined && olderThan === undefined) {
    throw new InvalidOptionError(
      "prune() needs to know what may go: { keepLast: 10 }, { olderThan: 30 * 86_400_000 } (milliseconds, or a Date), or both.",
    );
  }
  if (keepLast !== undefined && !(Number.isSafeInteger(keepLast) && keepLast > 0)) {
    throw new InvalidOptionError(
      `keepLast is a whole number from 1; it was ${String(keepLast)}. deleteThread() deletes a thread.`,
    );
  }
  return { keepLast, savedBefore: olderThan === undefined ? undefined : dateOf(olderThan) };
}

function dateOf(olderThan: Date | number): Date {
  const date = typeof olderThan === "number" ? new Date(Date.now() - olderThan) : olderThan;
  const isSound =
    date instanceof Date &&
    !Number.isNaN(date.getTime()) &&
    !(typeof olderThan === "number" && olderThan < 0);
  if (isSound) return date;
  throw new InvalidOptionError(
    `olderThan is a Date, or an age in milliseconds; it was ${String(olderThan)}.`,
  );
}
