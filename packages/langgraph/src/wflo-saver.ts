import {
  CheckpointEngine,
  systemClock,
  ThreadDeletedError,
  uuidV7Ids,
  type CheckpointStore,
  type Database,
  type StoredCheckpoint,
} from "@wflo/core";
import { postgres } from "@wflo/postgres";
import {
  BaseCheckpointSaver,
  maxChannelVersion,
  TASKS,
  WRITES_IDX_MAP,
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
import { baseIdOf, checkPut, composeCheckpoint } from "./compose-checkpoint.ts";
import { readHistory } from "./delta-history.ts";
import { checkedOptions, type WfloSaverOptions } from "./options.ts";
import { pagesOf } from "./pages-of.ts";
import { patientStore } from "./patient-store.ts";
import { readerAt, readTuple, readWrites, textOf } from "./read-tuple.ts";
import { savingError } from "./saving-error.ts";
import { SealedParts } from "./sealed-parts.ts";
import { SharedReads } from "./shared-reads.ts";
import {
  checkedId,
  CHECKPOINT_NAME,
  configOf,
  placeOf,
  placeToWrite,
  threadIdOf,
  threadOf,
} from "./thread-config.ts";
import type { ThreadPoint } from "./thread-line.ts";
import { ValueParts } from "./value-parts.ts";

/** From this version on, sends are tasks of the checkpoint itself, not writes of its parent. */
const SENDS_ARE_TASKS = 4;
/** More checkpoints than a thread has in practice. */
const MAX_POINTS = 1_000_000;

/**
 * A LangGraph checkpointer whose threads take what they add, not what they have: `compile({ checkpointer: new WfloSaver({ database }) })`.
 * Methods reject with `StoreUnavailableError`; writes to a thread that was deleted meanwhile with `ThreadDeletedError`.
 */
export class WfloSaver extends BaseCheckpointSaver {
  readonly #database: Database;
  readonly #tenant: string;
  readonly #engine: CheckpointEngine;
  readonly #store: CheckpointStore;
  readonly #sealed = new SealedParts();
  #owned = false;

  constructor(options: WfloSaverOptions) {
    super(options.serde);
    const { database, tenant } = checkedOptions(options);
    const store = database.checkpoints;
    this.#database = database;
    this.#tenant = tenant;
    this.#engine = new CheckpointEngine({ tenant, store, ids: uuidV7Ids(systemClock), clock: systemClock });
    this.#store = patientStore(store, systemClock);
  }

  /** A saver with a pool of its own on `postgres://…`; `close()` closes it. Throws `InvalidOptionError` for what is no URL. */
  static fromConnString(url: string, options?: Omit<WfloSaverOptions, "database">): WfloSaver {
    const saver = new WfloSaver({ ...options, database: postgres({ url }) });
    saver.#owned = true;
    return saver;
  }

  /** Closes what `fromConnString` opened; a database that was passed in stays open. */
  async close(): Promise<void> {
    if (this.#owned) await this.#database.close();
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const place = placeOf(config);
    const stored = place && (await this.#store.get(this.#tenant, place));
    if (stored === undefined) return undefined;
    const read = this.#readerOf(stored.row.thread);
    return this.#migrated(await readTuple(stored, this.#engine.channelsOf(stored), read), read);
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
        yield this.#migrated(await readTuple(stored, value ?? [], read), read, page);
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread, namespace, id: parentId } = placeToWrite(config, "put()");
    const { id } = checkpoint;
    const toPut = { checkpoint, metadata, newVersions, parentId };
    checkPut(toPut);
    const request = { thread, namespace, id, parentId, baseId: baseIdOf(toPut), name: CHECKPOINT_NAME };
    try {
      await this.#engine.saveChannels(request, composeCheckpoint(toPut, this.#partsOf(thread)));
    } catch (error) {
      throw savingError(error, threadIdOf(thread));
    }
    return configOf(thread, namespace, id);
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
    const outcome = await this.#store.putWrites({
      tenant: this.#tenant,
      thread,
      namespace,
      checkpointId,
      taskId: checkedId("task id", taskId),
      taskPath,
      writes: rowsToPut,
      replaces: writes.every(([channel]) => specialIndex(channel) !== undefined),
    });
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

  /** Checkpoints of old versions have the sends that their parent's tasks wrote; the parent is looked for in `page` first. */
  async #migrated(
    tuple: CheckpointTuple,
    read: ReadPart,
    page: readonly StoredCheckpoint[] = [],
  ): Promise<CheckpointTuple> {
    const { checkpoint, parentConfig } = tuple;
    if (checkpoint.v >= SENDS_ARE_TASKS || parentConfig === undefined) return tuple;
    const place = placeOf(parentConfig);
    if (place === undefined) return tuple;
    const isParent = ({ row }: StoredCheckpoint) =>
      row.id === place.id && row.namespace === place.namespace && row.thread === place.thread;
    const parent = page.find(isParent) ?? (await this.#store.get(this.#tenant, place));
    const sends = parent?.writes.filter(({ channel }) => channel === TASKS) ?? [];
    if (sends.length === 0) return tuple;
    const values = await readWrites(sends, readerAt(place, read));
    const versions = Object.values(checkpoint.channel_versions);
    const version = versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
    return {
      ...tuple,
      checkpoint: {
        ...checkpoint,
        channel_values: { ...checkpoint.channel_values, [TASKS]: values.map(([, , value]) => value) },
        channel_versions: { ...checkpoint.channel_versions, [TASKS]: version },
      },
    };
  }
}

function specialIndex(channel: string): number | undefined {
  return Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel] : undefined;
}
