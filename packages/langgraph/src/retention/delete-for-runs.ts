import { InvalidOptionError, type CheckpointStore, type ThreadOutline } from "@wflo/core";
import { runTexts } from "../saver/checkpoint-body.ts";
import { neededAncestors } from "./needed-ancestors.ts";
import { outlinedCheckpoints } from "../saver/outlined-checkpoint.ts";
import { thinThread } from "./thin-thread.ts";
import { ALL_THREADS, threadIdOf } from "../saver/thread-config.ts";
import { threadPages } from "./thread-pages.ts";

/** Runs that are sought at once. */
const BATCH = 100;

/** What became of the checkpoints of runs. */
export interface RunsDeleted {
  readonly deleted: number;
  /** Checkpoints of these runs that others cannot be read without. */
  readonly kept: number;
  readonly writes: number;
  /** Threads that were written to all the time: ask again. */
  readonly busy: readonly string[];
}

/** Deletes what runs have saved, see `WfloSaver.deleteForRuns`. Throws `InvalidOptionError`, and the reason of the signal. */
export async function deleteForRuns(
  store: CheckpointStore,
  tenant: string,
  runIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RunsDeleted> {
  if (!Array.isArray(runIds) || !runIds.every((id) => typeof id === "string" && id !== "")) {
    throw new InvalidOptionError('deleteForRuns() takes a list of run ids: deleteForRuns(["…"]).');
  }
  const sum = { deleted: 0, kept: 0, writes: 0 };
  const busy: string[] = [];
  for (let at = 0; at < runIds.length; at += BATCH) {
    const runs = new Set<string>(runIds.slice(at, at + BATCH));
    const filter = { ...ALL_THREADS, containsAny: [...runs].flatMap(runTexts) };
    for await (const threads of threadPages(store, tenant, filter)) {
      for (const { thread } of threads) {
        signal?.throwIfAborted();
        let kept = 0;
        const thinned = await thinThread(store, tenant, thread, (outline) => {
          const plan = planOf(outline, runs);
          ({ kept } = plan);
          return plan.gone;
        });
        if (thinned === "busy") busy.push(threadIdOf(thread));
        else {
          sum.deleted += thinned.checkpoints;
          sum.writes += thinned.writes;
          sum.kept += kept;
        }
      }
    }
  }
  return { ...sum, busy };
}

function planOf(outline: ThreadOutline, runs: ReadonlySet<string>) {
  const all = outlinedCheckpoints(outline);
  const isTheirs = ({ runIds }: { readonly runIds: readonly string[] }) => runIds.some((id) => runs.has(id));
  const needed = neededAncestors(new Set(all.filter((checkpoint) => !isTheirs(checkpoint))), all);
  const theirs = all.filter(isTheirs);
  const gone = theirs.filter((checkpoint) => !needed.has(checkpoint));
  return {
    gone: gone.map(({ namespace, id }) => ({ namespace, id })),
    kept: theirs.length - gone.length,
  };
}
