import {
  askAgain,
  CheckpointEngine,
  StoreUnavailableError,
  systemClock,
  uuidV7Ids,
  type CheckpointStore,
  type Database,
  type StoredCheckpoint,
} from "@wflo/core";
import { channelsOf, contentsOf, type RunContents } from "./run-channels.ts";
import { threadOf, type RunKey } from "./run-key.ts";
import { RunMoved } from "./run-moved.ts";
import { notesOf, readNotes, writeNotes, type RunNotes } from "./run-notes.ts";
import { keyText } from "./run-key.ts";
import { RowIds } from "./row-ids.ts";
import { rowIdOf } from "./row-id.ts";
import { sweepThread } from "./sweep-thread.ts";
import { ticketedStore } from "./ticketed-store.ts";
import { Turns } from "./turns.ts";

/** The line of a thread that has its run, which tells it from those of others. Its checkpoint is called as the workflow is. */
export const LINE = "mastra";

/** As long as a put waits for a database that is away. */
const PATIENCE = { attempts: 4, firstPauseMs: 200 };
/** So many processes may save a run at once, and each of them comes through. */
const MAX_ATTEMPTS = 100;
const MAX_PAUSE_MS = 60;
/** What was replaced is swept away when a run ends, and before that once in so many versions. */
const SWEEP_EVERY = 256;
const ENDED = new Set(["success", "failed", "canceled", "tripwire", "bailed"]);

/** A run as it is stored. */
export interface StoredRun extends RunContents {
  readonly notes: RunNotes;
}

/** A state to save. */
export interface RunToSave {
  readonly key: RunKey;
  /** Plain JSON. */
  readonly snapshot: unknown;
  /** Left out, the run keeps what it has. */
  readonly resourceId?: string | undefined;
  /** When the run was created, if it is not there yet. Milliseconds. */
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** Where a run stands: the id of its checkpoint, and the version that a writer goes on from; undefined: from any. */
interface Place {
  readonly id: string | undefined;
  readonly version?: number | undefined;
}

/** The runs of a tenant on the checkpoint engine: a thread each, with one checkpoint that every save replaces. */
export class RunRows {
  readonly store: CheckpointStore;
  readonly tenant: string;
  readonly #engine: CheckpointEngine;
  readonly #ids = uuidV7Ids(systemClock);
  readonly #known = new RowIds();
  readonly #turns = new Turns();

  constructor({ database, tenant }: { readonly database: Database; readonly tenant: string }) {
    const store = ticketedStore(database.checkpoints);
    this.tenant = tenant;
    this.store = database.checkpoints;
    this.#engine = new CheckpointEngine({ tenant, store, ids: this.#ids, clock: systemClock });
  }

  /** Undefined when there is no such run. */
  async find(key: RunKey): Promise<StoredRun | undefined> {
    return this.findIn(threadOf(key));
  }

  /** The run of a thread. */
  async findIn(thread: string): Promise<StoredRun | undefined> {
    const stored = await this.ask(() => this.#engine.find({ thread, namespace: LINE }));
    if (stored === undefined) {
      this.#known.delete(thread);
      return undefined;
    }
    this.#known.set(thread, stored.row.id);
    return this.read(stored);
  }

  /** What a stored checkpoint says. */
  read(stored: StoredCheckpoint): StoredRun {
    return { ...contentsOf(this.#engine.channelsOf(stored)), notes: readNotes(stored.row.metadata) };
  }

  /** Saves a state, whatever there was before. */
  async save(run: RunToSave): Promise<void> {
    const thread = threadOf(run.key);
    await this.#untilSaved(thread, async (isFirst) => {
      // One that nobody here has seen is most often new; if it is not, the store says so.
      const id = this.#known.get(thread) ?? (isFirst ? undefined : await this.#idIn(thread));
      await this.#put(thread, run, { id });
    });
  }

  /** Saves what becomes of the state there is, if anything does; of all that change a run at once, each sees what the others did. */
  async change(key: RunKey, next: (run: StoredRun | undefined) => RunToSave | undefined): Promise<void> {
    const thread = threadOf(key);
    await this.#untilSaved(thread, async () => {
      const found = await this.findIn(thread);
      const run = next(found);
      if (run === undefined) return;
      await this.#put(thread, run, { id: this.#known.get(thread), version: found?.notes.version });
    });
  }

  /** Deletes a run with all that it took. */
  async delete(thread: string): Promise<void> {
    await this.#turns.take(thread, async () => {
      this.#known.delete(thread);
      await this.ask(() => this.store.deleteThread(this.tenant, thread));
    });
  }

  /** Asks the store, and again while it is away. */
  ask<T>(ask: () => Promise<T>): Promise<T> {
    return askAgain(systemClock, PATIENCE, ask);
  }

  async #put(thread: string, run: RunToSave, { id, version }: Place): Promise<void> {
    const rowId = id ?? rowIdOf(run.createdMs, this.#ids);
    let notes: RunNotes | undefined;
    await this.#engine.saveChannels(
      { thread, namespace: LINE, id: rowId, parentId: id, name: keyText(run.key.workflowName) },
      async (base) => {
        const before = base && readNotes(base.metadata);
        const isAsSeen =
          (before === undefined) === (id === undefined) && (version ?? before?.version) === before?.version;
        if (!isAsSeen) throw new RunMoved();
        notes = nextNotes(run, before);
        return {
          ...channelsOf({ ...run, resourceId: run.resourceId }, id === undefined),
          metadata: writeNotes(notes),
        };
      },
    );
    this.#known.set(thread, rowId);
    if (notes !== undefined && isSweepDue(notes)) await sweepThread(this.store, this.tenant, thread);
  }

  async #untilSaved(thread: string, attempt: (isFirst: boolean) => Promise<void>): Promise<void> {
    await this.#turns.take(thread, async () => {
      for (let count = 1; count <= MAX_ATTEMPTS; count += 1) {
        try {
          return await attempt(count === 1);
        } catch (error) {
          if (!(error instanceof RunMoved)) throw error;
        }
        this.#known.delete(thread);
        if (count > 1) await pause(Math.random() * Math.min(count * 5, MAX_PAUSE_MS));
      }
      throw new StoreUnavailableError(
        `The workflow run of ${thread} could not be saved: too many processes save it at once.`,
      );
    });
  }

  async #idIn(thread: string): Promise<string | undefined> {
    const [row] = await this.ask(() => this.store.list(this.tenant, { thread, namespace: LINE, limit: 1 }));
    return row?.id;
  }
}

function nextNotes(
  { key, snapshot, resourceId, createdMs, updatedMs }: RunToSave,
  before: RunNotes | undefined,
): RunNotes {
  return {
    ...notesOf(key, snapshot),
    resource: resourceId === undefined ? before?.resource : keyText(resourceId),
    created: before?.created ?? createdMs,
    updated: updatedMs,
    version: (before?.version ?? 0) + 1,
    by: crypto.randomUUID().slice(-12),
  };
}

function isSweepDue({ status, version }: RunNotes): boolean {
  return version > 1 && (version % SWEEP_EVERY === 0 || (status !== undefined && ENDED.has(status)));
}

async function pause(ms: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  systemClock.schedule(() => over.resolve(), ms, { keepAlive: true });
  await over.promise;
}
