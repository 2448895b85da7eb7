import {
  CheckpointEngine,
  currentRun,
  systemClock,
  ThreadDeletedError,
  uuidV7Ids,
  type CheckpointPlace,
  type CheckpointStore,
  type Database,
  type StoredCheckpoint,
} from "@wflo/core";
import { postgres } from "@wflo/postgres";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type DeltaChannelHistory,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { checkWrites } from "./check-writes.ts";
import { checkNames } from "./checked-name.ts";
import type { ReadPart } from "./channel-parts.ts";
import { HELD, madeAtMs } from "./checkpoint-body.ts";
import { baseIdOf, checkPut, composeCheckpoint, type CheckpointToPut } from "./compose-checkpoint.ts";
import { readHistory } from "./delta-history.ts";
import { checkedOptions, type WfloSaverOptions } from "./saver-options.ts";
import { copyTo } from "../transfer/copy-to.ts";
import { deleteForRuns, type RunsDeleted } from "../retention/delete-for-runs.ts";
import { importThreads, type Imported, type ImportOptions } from "../transfer/import-threads.ts";
import { isAt, withOldSends } from "./old-sends.ts";
import { pagesOf } from "./pages-of.ts";
import { patientStore } from "./patient-store.ts";
import { pruneThreads, type Pruned, type PruneOptions } from "../retention/prune-threads.ts";
import { PutsUnderWay } from "./puts-under-way.ts";
import { readerAt, readTuple, textOf } from "./read-tuple.ts";
import { savingError } from "./saving-error.ts";
import { specialIndex } from "./special-index.ts";
import { SealedParts } from "./sealed-parts.ts";
import { SharedReads } from "./shared-reads.ts";
import {
  checkedId,
  CHECKPOINT_NAME,
  configOf,
  placeOf,
  placeToWrite,
  runIdOf,
  threadIdOf,
  threadOf,
  withoutId,
} from "./thread-config.ts";
import { ThreadLifetimes } from "../retention/thread-lifetimes.ts";
import type { ThreadPoint } from "../graphs/thread-line.ts";
import { ValueParts } from "./value-parts.ts";

/** The run that saves: what an execution of it still saves that another has superseded is refused. */
function currentFence(): { readonly runId: string; readonly epoch: number } | undefined {
  const run = currentRun();
  return run && { runId: run.id, epoch: run.epoch };
}

/** More checkpoints than a thread has in practice. */
const MAX_POINTS = 1_000_000;

/**
 * A LangGraph checkpointer whose threads take what they add, not what they have: `compile({ checkpointer: new WfloSaver({ database }) })`.
 * Methods reject with `StoreUnavailableError`; writes to a thread that was deleted meanwhile with `ThreadDeletedError`, checkpoints of a
 * run that another process has taken over with `RunSupersededError`.
 */
export class WfloSaver extends BaseCheckpointSaver {
  readonly #database: Database;
  readonly #tenant: string;
  readonly #engine: CheckpointEngine;
  readonly #store: CheckpointStore;
  readonly #sealed = new SealedParts();
  readonly #puts = new PutsUnderWay();
  readonly #lifetimes: ThreadLifetimes;
  #owned = false;

  constructor(options: WfloSaverOptions) {
    super(options.serde);
    const { database, tenant, ttl } = checkedOptions(options);
    const store = database.checkpoints;
    this.#database = database;
    this.#tenant = tenant;
    this.#engine = new CheckpointEngine({ tenant, store, ids: uuidV7Ids(systemClock), clock: systemClock });
    this.#store = patientStore(store, systemClock);
    this.#lifetimes = new ThreadLifetimes({ tenant, store, clock: systemClock, ttlMs: ttl });
  }

  /** A saver with a pool of its own on `postgres://…`; `close()` closes it. Throws `InvalidOptionError` for what is no URL. */
  static fromConnString(url: string, options?: Omit<WfloSaverOptions, "database">): WfloSaver {
    const saver = new WfloSaver({ ...options, database: postgres({ url }) });
    saver.#owned = true;
    return saver;
  }

  /** Closes what `fromConnString` opened; a database that was passed in stays open. */
  async close(): Promise<void> {
    await this.#lifetimes.settled();
    if (this.#owned) await this.#database.close();
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const place = placeOf(config);
    const stored = place && (await this.#store.get(this.#tenant, place));
    if (stored === undefined) return undefined;
    const read = this.#readerOf(stored.row.thread);
    return this.#withSends(await readTuple(stored, this.#engine.channelsOf(stored), read), read);
  }

  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const fetch = (filter: Parameters<Database["checkpoints"]["listStored"]>[1]) =>
      this.#store.listStored(this.#tenant, filter);
    for await (const page of pagesOf(config, options, fetch)) {
      const channels = this.#engine.channelsOfEach(page);
      // One for each page: what a long list has yielded must not stay in memory.
      const reads = new SharedReads();
      for (const stored of page) {
        const read = reads.ofOne(this.#readerOf(stored.row.thread));
        const { value } = channels.next();
        yield this.#withSends(await readTuple(stored, value ?? [], read), read, page);
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const place = placeToWrite(config, "put()");
    const runId = runIdOf(config);
    await this.#save(place, { checkpoint, metadata, newVersions, parentId: place.id, runId });
    return configOf(place.thread, place.namespace, checkpoint.id);
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { thread, namespace, id: checkpointId } = placeToWrite(config, "putWrites()");
    if (checkpointId === undefined)
      throw new Error("putWrites() needs a checkpoint_id in config.configurable.");
    if (writes.length === 0) return;
    checkNames(writes.map(([channel]) => channel));
    const parts = this.#partsOf(thread);
    const rows = writes.map(async ([channel, value], place) => {
      const index = specialIndex(channel) ?? place;
      return { index, channel, ...textOf(await parts.write(value, channel)) };
    });
    const rowsToPut = await Promise.all(rows);
    checkWrites(rowsToPut);
    const put = {
      tenant: this.#tenant,
      thread,
      namespace,
      checkpointId,
      taskId: checkedId("task id", taskId),
      taskPath,
      writes: rowsToPut,
      replaces: writes.every(([channel]) => specialIndex(channel) !== undefined),
    };
    const outcome = await this.#puts.settled(put, () => this.#store.putWrites(put));
    if (outcome === "deleted") throw new ThreadDeletedError(threadIdOf(thread));
  }

  /** The checkpoints of a thread's own line without their values, those of subgraphs aside. For `threadCost`. */
  async points(threadId: string): Promise<readonly ThreadPoint[]> {
    const where = { thread: threadOf(threadId), namespace: "", name: CHECKPOINT_NAME, limit: MAX_POINTS };
    const rows = await this.#store.list(this.#tenant, where);
    return rows.map(({ id, parentId, metadata }) => ({ id, parentId, madeAtMs: madeAtMs(metadata) }));
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#store.deleteThread(this.#tenant, threadOf(threadId));
  }

  /**
   * Copies a thread with everything in it: namespaces, checkpoints, forks, pending writes. What is written to either later does not touch the
   * other. Throws `InvalidOptionError` when there is no such thread, or when the target has checkpoints, unless it is to be replaced,
   * which deletes it first.
   */
  async copyThread(
    sourceThreadId: string,
    targetThreadId: string,
    options?: { readonly replace?: boolean | undefined },
  ): Promise<void> {
    await copyTo(this.#database.checkpoints, this.#tenant, { sourceThreadId, targetThreadId, ...options });
  }

  /**
   * Deletes checkpoints that are not wanted any more, thread by thread. What stays can be read and gone on from: heads of branches, runs that
   * were interrupted, and what delta channels are made of stay, whatever is asked. Throws `InvalidOptionError`.
   */
  async prune(options: PruneOptions): Promise<Pruned> {
    return pruneThreads(this.#database.checkpoints, this.#tenant, options);
  }

  /**
   * Deletes what runs have saved, in whichever thread: checkpoints whose metadata has one of these as `run_id`, or whose run was invoked with
   * `metadata: { run_id }`. Those that others cannot be read without are kept.
   */
  async deleteForRuns(
    runIds: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<RunsDeleted> {
    return deleteForRuns(this.#database.checkpoints, this.#tenant, runIds, options?.signal);
  }

  /**
   * How long a thread is kept after its last checkpoint was saved; undefined: for ever. Before the option `ttl`. Throws
   * `InvalidOptionError`.
   */
  async setTtl(threadId: string, ttlMs: number | undefined): Promise<void> {
    await this.#lifetimes.set(threadOf(threadId), ttlMs);
  }

  /** Deletes threads that have expired, at most `limit` (1,000); returns how many. Until then they are read by nobody. */
  async deleteExpired(options?: { readonly limit?: number | undefined }): Promise<number> {
    return this.#lifetimes.deleteExpired(options?.limit);
  }

  /**
   * Copies threads from another checkpointer, oldest checkpoint first; what is here already is skipped, so that it can be run again. Throws
   * `InvalidOptionError`.
   */
  async importFrom(other: BaseCheckpointSaver, options?: ImportOptions): Promise<Imported> {
    return importThreads(other, options, {
      outline: (threadId) => this.#database.checkpoints.outline(this.#tenant, threadOf(threadId)),
      put: ({ config, checkpoint, metadata = {} as CheckpointMetadata, parentConfig }, isOrphan) => {
        const { id: parentId, ...place } = placeToWrite(parentConfig ?? withoutId(config), "importFrom()");
        // The channels whose versions are those of the parent are the parent's.
        const newVersions = parentId === undefined ? checkpoint.channel_versions : {};
        return this.#save(place, { checkpoint, metadata, newVersions, parentId, isImport: true, isOrphan });
      },
      putWrites: (config, writes, taskId, taskPath) => this.putWrites(config, writes, taskId, taskPath),
    });
  }

  override async getDeltaChannelHistory({
    config,
    channels,
  }: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    const place = placeOf(config);
    const isEmpty = place === undefined || channels.length === 0;
    const walk = isEmpty
      ? { writes: [], ends: [] }
      : await this.#store.walk(this.#tenant, place, { channels, endKey: HELD });
    const read: ReadPart =
      place === undefined ? async () => undefined : readerAt(place, this.#readerOf(place.thread));
    return readHistory(walk, channels, this.#engine, read);
  }

  #partsOf(thread: string): ValueParts {
    return new ValueParts(this.serde, this.#sealed, thread);
  }

  #readerOf(thread: string): ReadPart {
    const parts = this.#partsOf(thread);
    return (part) => parts.read(part);
  }

  async #save({ thread, namespace }: CheckpointPlace, toPut: CheckpointToPut): Promise<void> {
    checkPut(toPut);
    const { checkpoint, parentId, isOrphan: mayRevive } = toPut;
    const { id } = checkpoint;
    const place = { thread, namespace, id, parentId, baseId: baseIdOf(toPut) };
    const request = { ...place, name: CHECKPOINT_NAME, fence: currentFence(), mayRevive };
    // Begun at once: the caller may change its state while something else is waited for.
    const compose = composeCheckpoint(toPut, this.#partsOf(thread));
    const save = async () => {
      await this.#lifetimes.beforePut(thread, parentId === undefined);
      return this.#engine.saveChannels(request, compose);
    };
    try {
      await this.#puts.during(request, save);
    } catch (error) {
      throw savingError(error, threadIdOf(thread));
    }
  }

  #withSends(tuple: CheckpointTuple, read: ReadPart, page: readonly StoredCheckpoint[] = []) {
    const find = async (place: CheckpointPlace) =>
      page.find(({ row }) => isAt(row, place)) ?? (await this.#store.get(this.#tenant, place));
    return withOldSends(tuple, { find, read, nextVersion: (current) => this.getNextVersion(current) });
  }
}
