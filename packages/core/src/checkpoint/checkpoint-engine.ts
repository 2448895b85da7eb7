import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type {
  CheckpointHeader,
  CheckpointKind,
  CheckpointPlace,
  CheckpointPut,
  CheckpointStore,
  PutVerdict,
  StoredCheckpoint,
} from "../ports/checkpoint-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import { ascendingId } from "./ascending-id.ts";
import { fromWritten } from "./from-written.ts";
import { LogWriter } from "./log-writer.ts";
import { writeManifest } from "./manifest.ts";
import { readRemembered, stateOf } from "./read-state.ts";
import { RecentStates, type RecentState } from "./recent-states.ts";
import type { RememberedState } from "./remembered.ts";
import { toWritten } from "./to-written.ts";
import { writeState } from "./write-state.ts";

/** Writers that went on with the same logs at once, and deletes in between, are answered by another attempt, this often. */
const MAX_ATTEMPTS = 20;
/** A store that does not answer is asked this often. */
const STORE_ATTEMPTS = 4;
const FIRST_RETRY_MS = 200;
/** The first log of a thread; where others exist, the store tells. */
const FIRST_LOG = 1;

/** Where a checkpoint goes, and what it is. */
export interface SaveRequest {
  readonly thread: string;
  readonly namespace: string;
  readonly parentId: string | undefined;
  /** The checkpoint whose state is most like this one; what they have in common is not written again. */
  readonly baseId: string | undefined;
  readonly name: string;
  readonly step: string | undefined;
  readonly kind: CheckpointKind;
  /** Encoded by the codec. */
  readonly metadata: string;
  readonly fence: CheckpointPut["fence"];
}

/** What the engine works with. */
export interface EngineOptions {
  readonly tenant: string;
  readonly store: CheckpointStore;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** Saves states so that each costs what changed since the one before, and reads them back. */
export class CheckpointEngine {
  readonly #options: EngineOptions;
  readonly #recent = new RecentStates();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /**
   * Saves a state. Throws `UnsavableValueError`, `StoreUnavailableError` after several attempts, and `RunSupersededError` when the run
   * of the fence has a newer epoch.
   */
  async save(request: SaveRequest, state: unknown): Promise<CheckpointHeader> {
    let base = this.#recentOf(request);
    let saved = state;
    if (base === undefined && request.baseId !== undefined) {
      // The caller may go on changing its state meanwhile.
      saved = fromWritten(toWritten(state, request.name));
      base = await this.#read(request, request.baseId);
    }
    let nextLog = FIRST_LOG;
    let isFresh = false;
    const id = ascendingId(this.#options.ids.next(), request.parentId);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const writer = new LogWriter(Math.max(nextLog, base?.nextLog ?? FIRST_LOG), isFresh);
      const remembered = writeState(saved, base?.remembered, writer, request.name);
      const put = { elements: writer.elements, threadEpoch: base?.threadEpoch };
      const verdict = await this.#put(request, id, remembered, put);
      switch (verdict.code) {
        case "saved":
        case "replay":
          this.#remember(request, id, {
            remembered,
            threadEpoch: verdict.thread.epoch,
            nextLog: verdict.thread.nextLog,
          });
          return headerOf(request, id, verdict.savedAt);
        case "stale":
          base = await this.#read(request, request.baseId);
          nextLog = verdict.thread.nextLog;
          saved = stateOf(remembered);
          break;
        case "collision":
          isFresh = true;
          nextLog = verdict.thread.nextLog;
          saved = stateOf(remembered);
          break;
        case "superseded":
          throw new RunSupersededError(request.fence?.runId ?? request.thread);
      }
    }
    throw new StoreUnavailableError(
      `Checkpoint ${request.name} could not be saved: too many writers work on ${request.thread}.`,
    );
  }

  /** Saves the state of a stored checkpoint once more, with an id after `floor`; what it is made of is shared. */
  async repeat(
    request: Omit<SaveRequest, "baseId">,
    from: StoredCheckpoint,
    floor: string | undefined,
  ): Promise<CheckpointHeader> {
    const { row, thread } = from;
    const id = ascendingId(this.#options.ids.next(), floor);
    const checkpoint = { ...newCheckpoint(request, id), manifest: row.manifest, pieces: row.pieces };
    const verdict = await this.#patiently(() =>
      this.#options.store.put({
        tenant: this.#options.tenant,
        checkpoint,
        elements: [],
        threadEpoch: thread.epoch,
        fence: request.fence,
      }),
    );
    if (verdict.code === "saved" || verdict.code === "replay") return headerOf(request, id, verdict.savedAt);
    if (verdict.code === "superseded") throw new RunSupersededError(request.fence?.runId ?? request.thread);
    const again = await this.#options.store.get(this.#options.tenant, placeOf(row));
    if (again === undefined) throw new StoreUnavailableError(`Checkpoint ${row.id} was deleted meanwhile.`);
    return this.repeat(request, again, floor);
  }

  /** A checkpoint as it is stored. */
  find(place: CheckpointPlace): Promise<StoredCheckpoint | undefined> {
    return this.#options.store.get(this.#options.tenant, place);
  }

  /** The state of a stored checkpoint, made anew. Throws `UnreadableCheckpointError`. */
  stateOf(stored: StoredCheckpoint): unknown {
    const remembered = readRemembered(stored);
    this.#remember(stored.row, stored.row.id, {
      remembered,
      threadEpoch: stored.thread.epoch,
      nextLog: stored.thread.nextLog,
    });
    return stateOf(remembered);
  }

  #recentOf(request: SaveRequest): RecentState | undefined {
    return request.baseId === undefined ? undefined : this.#recent.get(keyOf(request, request.baseId));
  }

  async #read(request: SaveRequest, id: string | undefined): Promise<RecentState | undefined> {
    if (id === undefined) return undefined;
    const stored = await this.#patiently(() => this.find({ ...request, name: undefined, id }));
    if (stored === undefined) return undefined;
    return {
      remembered: readRemembered(stored),
      threadEpoch: stored.thread.epoch,
      nextLog: stored.thread.nextLog,
    };
  }

  #put(
    request: SaveRequest,
    id: string,
    remembered: RememberedState,
    put: Pick<CheckpointPut, "elements" | "threadEpoch">,
  ): Promise<PutVerdict> {
    const { tenant, store } = this.#options;
    const checkpoint = { ...newCheckpoint(request, id), ...writeManifest(remembered) };
    return this.#patiently(() => store.put({ tenant, checkpoint, fence: request.fence, ...put }));
  }

  #remember(where: { thread: string; namespace: string }, id: string, state: RecentState): void {
    this.#recent.set(keyOf(where, id), state);
  }

  /** Asks again while the store cannot be reached: a put with the same id is a replay. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || attempt >= STORE_ATTEMPTS) throw error;
        const pause = Promise.withResolvers<void>();
        this.#options.clock.schedule(() => pause.resolve(), FIRST_RETRY_MS * 2 ** (attempt - 1), {
          keepAlive: true,
        });
        await pause.promise;
      }
    }
  }
}

function newCheckpoint(request: Omit<SaveRequest, "baseId">, id: string): Omit<CheckpointHeader, "savedAt"> {
  const { thread, namespace, parentId, kind, name, step, metadata } = request;
  return { thread, namespace, id, parentId, kind, name, step, metadata };
}

function headerOf(request: Omit<SaveRequest, "baseId">, id: string, savedAt: Date): CheckpointHeader {
  return { ...newCheckpoint(request, id), savedAt };
}

function placeOf({ thread, namespace, id }: CheckpointHeader): CheckpointPlace {
  return { thread, namespace, id };
}

function keyOf({ thread, namespace }: { thread: string; namespace: string }, id: string): string {
  return JSON.stringify([thread, namespace, id]);
}
