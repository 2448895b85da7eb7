import { CheckpointEngine, systemClock, ThreadDeletedError, uuidV7Ids, type Database } from "@wflo/core";
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
import { HELD, madeAtMs } from "./checkpoint-body.ts";
import { composeCheckpoint } from "./compose-checkpoint.ts";
import { readHistory } from "./delta-history.ts";
import { checkedOptions, type WfloSaverOptions } from "./options.ts";
import { pagesOf } from "./pages-of.ts";
import { readTuple, readWrites, textOf, type ReadPart } from "./read-tuple.ts";
import { SealedParts } from "./sealed-parts.ts";
import { SharedReads } from "./shared-reads.ts";
import { CHECKPOINT_NAME, configOf, placeOf, placeToWrite, threadIdOf, threadOf } from "./thread-config.ts";
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
  readonly #parts: ValueParts;
  #owned = false;

  constructor(options: WfloSaverOptions) {
    super(options.serde);
    const { database, tenant } = checkedOptions(options);
    const store = database.checkpoints;
    this.#database = database;
    this.#tenant = tenant;
    this.#engine = new CheckpointEngine({ tenant, store, ids: uuidV7Ids(systemClock), clock: systemClock });
    this.#parts = new ValueParts(this.serde, new SealedParts());
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
    const stored = place && (await this.#engine.find(place));
    if (stored === undefined) return undefined;
    const read: ReadPart = (part) => this.#parts.read(part);
    return this.#migrated(await readTuple(stored, this.#engine.channelsOf(stored), read), read);
  }

  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const fetch = (filter: Parameters<Database["checkpoints"]["listStored"]>[1]) =>
      this.#database.checkpoints.listStored(this.#tenant, filter);
    for await (const page of pagesOf(config, options, fetch)) {
      const channels = this.#engine.channelsOfEach(page);
      // One for each page: what a long list has yielded must not stay in memory.
      const reads = new SharedReads((part) => this.#parts.read(part));
      for (const stored of page) {
        const read = reads.ofOne();
        const { value } = channels.next();
        yield this.#migrated(await readTuple(stored, value ?? [], read), read);
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
    const compose = composeCheckpoint({ checkpoint, metadata, newVersions, parentId }, this.#parts);
    try {
      await this.#engine.saveChannels({ thread, namespace, id, parentId, name: CHECKPOINT_NAME }, compose);
    } catch (error) {
      throw error instanceof ThreadDeletedError ? new ThreadDeletedError(threadIdOf(thread)) : error;
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
    const rows = writes.map(async ([channel, value], place) => {
      const index = specialIndex(channel) ?? place;
      return { index, channel, ...textOf(await this.#parts.write(value, channel)) };
    });
    const outcome = await this.#database.checkpoints.putWrites({
      tenant: this.#tenant,
      thread,
      namespace,
      checkpointId,
      taskId,
      taskPath,
      writes: await Promise.all(rows),
      replaces: writes.every(([channel]) => specialIndex(channel) !== undefined),
    });
    if (outcome === "deleted") throw new ThreadDeletedError(threadIdOf(thread));
  }

  /** The checkpoints of a thread's own line without their values, those of subgraphs aside. For `threadCost`. */
  async points(threadId: string): Promise<readonly ThreadPoint[]> {
    const where = { thread: threadOf(threadId), namespace: "", name: CHECKPOINT_NAME, limit: MAX_POINTS };
    const rows = await this.#database.checkpoints.list(this.#tenant, where);
    return rows.map(({ id, parentId, metadata }) => ({ id, parentId, madeAtMs: madeAtMs(metadata) }));
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#database.checkpoints.deleteThread(this.#tenant, threadOf(threadId));
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
      : await this.#database.checkpoints.walk(this.#tenant, place, { channels, endKey: HELD });
    return readHistory(walk, channels, this.#engine, (part) => this.#parts.read(part));
  }

  /** Checkpoints of old versions have the sends that their parent's tasks wrote. */
  async #migrated(tuple: CheckpointTuple, read: ReadPart): Promise<CheckpointTuple> {
    const { checkpoint, parentConfig } = tuple;
    if (checkpoint.v >= SENDS_ARE_TASKS || parentConfig === undefined) return tuple;
    const place = placeOf(parentConfig);
    const parent = place && (await this.#engine.find(place));
    const sends = parent?.writes.filter(({ channel }) => channel === TASKS) ?? [];
    if (sends.length === 0) return tuple;
    const values = await readWrites(sends, read);
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
