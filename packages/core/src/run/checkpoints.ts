import { checkName } from "../budget/check-name.ts";
import { checkOptions } from "../budget/check-options.ts";
import { pageSize } from "../budget/page-size.ts";
import { infoOf, type Checkpoint, type CheckpointInfo } from "../checkpoint/checkpoint.ts";
import { choiceOf } from "../checkpoint/checkpoint-choice.ts";
import { copyOf } from "../checkpoint/copy-of.ts";
import type { CheckpointChoice, Lineage } from "../checkpoint/lineage.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { UnknownRunError } from "../errors/unknown-run-error.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import { isUuid } from "../ports/ids.ts";
import type { RunRow } from "../ports/run-store.ts";
import { forkRun } from "./fork-run.ts";
import { lineOf, loadBranch } from "./run-branch.ts";
import { historyOf, pauseAtRest, workAtRest } from "./run-at-rest.ts";
import type { RunServices } from "./run-services.ts";
import type { ForkOptions } from "./run.ts";
import { ThreadHistory, threadLine } from "./thread-history.ts";

const DEFAULT_PAGE = 100;
const OPTIONS = "The options of checkpoints";
/** What a state is called that was given no name. */
const UNNAMED = "state";

/** A checkpoint in a list. */
export interface ListedCheckpoint extends CheckpointInfo {
  /** Counted from 1 among the saves of its name on the branch; undefined for others. */
  readonly version: number | undefined;
  /** False for what a rollback left behind. */
  readonly isOnBranch: boolean;
}

/** Which checkpoints are listed. */
export interface CheckpointListOptions {
  readonly name?: string | undefined;
  /** Newest first; a page goes on before this id. */
  readonly before?: string | undefined;
  /** At most 1,000 a page, 100 by default. */
  readonly limit?: number | undefined;
}

/**
 * `wflo.checkpoints`: states, of a run by its id, or of a thread by a name of your own. Which one: the name of a checkpoint, or
 * `{ name, version, id }`; without, the latest on the branch.
 */
export interface Checkpoints {
  /**
   * Saves a state, in a thread or in a run that nobody executes (inside a run, `run.checkpoint` does it). Throws `RunAliveError`,
   * `UnsavableValueError`, `StoreUnavailableError`.
   */
  save(of: string, state: unknown, options?: { readonly name?: string | undefined }): Promise<CheckpointInfo>;
  /** Undefined when there is none. */
  load<State = unknown>(
    of: string,
    which?: string | CheckpointChoice,
  ): Promise<Checkpoint<State> | undefined>;
  /** Newest first, with those that were left behind. */
  list(of: string, options?: CheckpointListOptions): Promise<readonly ListedCheckpoint[]>;
  /**
   * Goes back to a checkpoint. A run is paused by it, with its later steps un-finished: resume it. Throws `RunAliveError` for a run
   * that is executed (it can do so itself, by `run.rollback`), and `UnknownCheckpointError`.
   */
  rollback<State = unknown>(of: string, which?: string | CheckpointChoice): Promise<Checkpoint<State>>;
  /** A new paused run that begins where a checkpoint of another left off. Throws `UnknownRunError`, `UnknownCheckpointError`. */
  fork(
    runId: string,
    which?: string | CheckpointChoice,
    options?: ForkOptions,
  ): Promise<{ readonly runId: string }>;
  /** Deletes a thread with everything in it. False when there is none. */
  delete(thread: string): Promise<boolean>;
}

/** `wflo.checkpoints` on a database. */
export function createCheckpoints(services: RunServices): Checkpoints {
  const { database, tenant } = services;
  const threads = new ThreadHistory(services);
  const runOf = async (of: string) => {
    checkName("A run or thread", of);
    return isUuid(of) ? database.runs.get(tenant, of) : undefined;
  };
  return {
    async save(of, state, options) {
      const { name = UNNAMED } = checkOptions(OPTIONS, options, { name: true });
      checkName("The name of a checkpoint", name);
      // Saved as it is now, whatever the caller does to it meanwhile.
      const saved = copyOf(state, name);
      if ((await runOf(of)) === undefined) return threads.save(of, name, saved);
      const info = await workAtRest(services, of, (history) => history.save(name, saved, undefined));
      if (info === undefined) throw new Error("A strict save gave nothing.");
      return info;
    },
    async load<State>(of: string, which?: string | CheckpointChoice) {
      const run = await runOf(of);
      const choice = choiceOf(which);
      const found = run
        ? await (await historyOf(services, run)).load(choice)
        : await threads.load(of, choice);
      return found as Checkpoint<State> | undefined;
    },
    async list(of, filter) {
      const options = checkOptions(OPTIONS, filter, { name: true, before: true, limit: true });
      if (options.before !== undefined) checkName("The id to go on before", options.before);
      if (options.name !== undefined) checkName("The name of a checkpoint", options.name);
      const limit = pageSize(options.limit, DEFAULT_PAGE);
      const run = await runOf(of);
      const [lineage, rows] = await Promise.all([
        run ? lineageOf(services, run) : threads.lineage(of),
        database.checkpoints.list(tenant, { ...(run ? lineOf(run) : threadLine(of)), ...options, limit }),
      ]);
      return rows.map((row) => listed(row, lineage));
    },
    async rollback<State>(of: string, which?: string | CheckpointChoice) {
      const run = await runOf(of);
      const choice = choiceOf(which);
      if (run === undefined) return (await threads.rollBack(of, choice)) as Checkpoint<State>;
      const found = await workAtRest(services, of, async (history, row) => {
        const checkpoint = await history.rollBack(choice);
        await pauseAtRest(services, row);
        return checkpoint;
      });
      return found as Checkpoint<State>;
    },
    async fork(runId, which, options) {
      const row = await runOf(runId);
      if (row === undefined) throw new UnknownRunError(runId);
      return forkRun(
        services,
        { row, history: await historyOf(services, row), isLive: false },
        choiceOf(which),
        options,
      );
    },
    async delete(thread) {
      if (await runOf(thread)) {
        throw new InvalidOptionError(
          `${thread} is a run: its checkpoints are part of it. Only threads can be deleted.`,
        );
      }
      return database.checkpoints.deleteThread(tenant, threadLine(thread).thread);
    },
  };
}

async function lineageOf(services: RunServices, run: RunRow): Promise<Lineage> {
  return (await loadBranch(services, run)).lineage;
}

function listed(row: CheckpointHeader, lineage: Lineage): ListedCheckpoint {
  const version = lineage.versions(row.name).findIndex(({ id }) => id === row.id) + 1;
  const isOnBranch = lineage.rows.some(({ id }) => id === row.id);
  return { ...infoOf(row), version: version === 0 ? undefined : version, isOnBranch };
}
