import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { ThreadDeletedError } from "../errors/thread-deleted-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type {
  CheckpointHeader,
  CheckpointKind,
  CheckpointPlace,
  CheckpointPut,
  CheckpointStore,
  Element,
  NewCheckpoint,
  PutVerdict,
  StoredCheckpoint,
  ThreadState,
} from "../ports/checkpoint-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import { askAgain, pause } from "./ask-again.ts";
import { ascendingId } from "./ascending-id.ts";
import { notesOf, writeNotes, type CheckpointNotes } from "./checkpoint-notes.ts";
import type { ComposeChannels } from "./composed-channels.ts";
import { copyOf } from "./copy-of.ts";
import { LineMoved } from "./line-moved.ts";
import { LogWriter } from "./log-writer.ts";
import { writeManifest } from "./manifest.ts";
import { channelsOf, elementReader, readRemembered, stateOf, type ElementReader } from "./read-state.ts";
import { RecentStates, type RecentState } from "./recent-states.ts";
import type { RememberedState } from "./remembered.ts";
import { stateDigest } from "./state-digest.ts";
import type { StateChannel } from "./split-state.ts";
import { writeChannels, writeState } from "./write-state.ts";

/** Writers that went on with the same logs at once, and deletes in between, are answered by another attempt, this often. */
const MAX_ATTEMPTS = 20;
const PATIENCE = { attempts: 4, firstPauseMs: 200 };
/** The first log of a thread; where others exist, the store tells. */
const FIRST_LOG = 1;

/** Where a checkpoint goes, and what it is. */
export interface SaveRequest {
  readonly thread: string;
  readonly namespace: string;
  readonly parentId: string | undefined;
  /** The checkpoint of the thread whose state is most like this one; what they have in common is not written again. */
  readonly base: { readonly namespace: string; readonly id: string } | undefined;
  readonly name: string;
  readonly step: string | undefined;
  readonly kind: CheckpointKind;
  readonly notes?: CheckpointNotes | undefined;
  readonly fence: CheckpointPut["fence"];
  /** Throws `LineMoved` when the parent is not the latest of its line any more. */
  readonly mustFollow?: boolean | undefined;
}

/** Where channels go that the caller made itself. */
export interface ChannelsRequest extends Pick<
  NewCheckpoint,
  "thread" | "namespace" | "id" | "parentId" | "name"
> {
  /** The checkpoint of the line that has what is kept; the parent by default. */
  readonly baseId?: string | undefined;
  /** Whether it is saved although its parent is among what was deleted. */
  readonly mayRevive?: boolean | undefined;
  /** The run that saves it, if one does. */
  readonly fence?: CheckpointPut["fence"];
}

/** A checkpoint on its way: what is known of it before it is drafted, and the rules of its put. */
interface Target extends Pick<CheckpointPut, "fence" | "mustFollow" | "replaces" | "mustNotRevive"> {
  readonly header: Omit<CheckpointHeader, "savedAt" | "metadata">;
  readonly base: SaveRequest["base"];
}

/** Writes what the base has not to the logs of the writer. */
type Draft = (
  base: RecentState | undefined,
  writer: LogWriter,
) => Promise<{ readonly remembered: RememberedState; readonly metadata: string }>;

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
    if (base === undefined && request.base !== undefined) {
      // The caller may go on changing its state meanwhile.
      saved = copyOf(state, request.name);
      base = await this.#read(request);
    }
    const id = ascendingId(this.#options.ids.next(), request.parentId);
    const header = newCheckpoint(request, id);
    let drafted: RememberedState | undefined;
    const draft: Draft = async (known, writer) => {
      // The caller may have changed its state since the first draft.
      const again = drafted === undefined ? saved : stateOf(drafted);
      const remembered = writeState(again, known?.remembered, writer, request.name);
      drafted = remembered;
      const notes = { ...request.notes, digest: stateDigest(remembered) };
      return { remembered, metadata: writeNotes(notes) };
    };
    const { fence, mustFollow } = request;
    return this.#insist({ header, base: request.base, fence, mustFollow }, base, draft);
  }

  /**
   * Saves channels that the caller has split and written itself, under an id of its own; another checkpoint of that id is replaced.
   * Throws `UnsavableValueError`, `StoreUnavailableError`, `ThreadDeletedError` when the parent was deleted, and `RunSupersededError`.
   */
  async saveChannels(request: ChannelsRequest, compose: ComposeChannels): Promise<CheckpointHeader> {
    const { baseId = request.parentId, fence, mayRevive = false, ...made } = request;
    const { thread, namespace, id } = made;
    const base = baseId === undefined ? undefined : { namespace, id: baseId };
    const known = this.#recentOf({ thread, base }) ?? (await this.#read({ thread, base }));
    const header = { ...made, kind: "save", step: undefined } as const;
    const draft: Draft = async (found, writer) => {
      const { channels, kept, metadata } = await compose(found);
      const written = { channels, kept, base: found?.remembered, name: undefined };
      return { remembered: writeChannels(written, writer), metadata };
    };
    this.#recent.delete(keyOf({ thread, namespace }, id));
    return this.#insist({ header, base, fence, replaces: true, mustNotRevive: !mayRevive }, known, draft);
  }

  /** Puts a checkpoint until it stands: elements are drafted again when others were faster, or deleted what it goes on from. */
  async #insist(target: Target, first: RecentState | undefined, draft: Draft): Promise<CheckpointHeader> {
    const { header, base: place, ...rules } = target;
    let base = first;
    let nextLog = FIRST_LOG;
    let isFresh = false;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const writer = new LogWriter(Math.max(nextLog, base?.nextLog ?? FIRST_LOG), isFresh);
      const { remembered, metadata } = await draft(base, writer);
      const row = { ...header, metadata };
      const verdict = await this.#put({
        checkpoint: { ...row, ...writeManifest(remembered) },
        elements: writer.elements,
        threadEpoch: base?.threadEpoch,
        ...rules,
      });
      switch (verdict.code) {
        case "saved":
        case "replay":
          this.#remember(header, header.id, { remembered, metadata, ...stateOfThread(verdict.thread) });
          return { ...row, savedAt: verdict.savedAt };
        case "superseded":
          throw new RunSupersededError(rules.fence?.runId ?? header.thread);
        case "deleted":
          throw new ThreadDeletedError(header.thread);
        case "moved":
          throw new LineMoved();
        case "stale":
          base = await this.#read({ thread: header.thread, base: place });
          break;
        case "collision":
          isFresh = true;
          if (attempt > 2) await pause(this.#options.clock, Math.random() * 10 * attempt);
      }
      nextLog = verdict.thread.nextLog;
    }
    throw new StoreUnavailableError(
      `Checkpoint ${header.name} could not be saved: too many writers work on ${header.thread}.`,
    );
  }

  /** What `notes.digest` of this state would be; `base`: what an earlier call remembered of a state like it. Throws `UnsavableValueError`. */
  digestOf(
    state: unknown,
    name: string,
    base?: RememberedState,
  ): { readonly digest: string; readonly remembered: RememberedState } {
    const remembered = writeState(state, base, new LogWriter(FIRST_LOG, false), name);
    return { digest: stateDigest(remembered), remembered };
  }

  /** Saves the state of a stored checkpoint once more, with an id after `floor`; what it is made of is shared. */
  async repeat(
    request: Omit<SaveRequest, "base">,
    from: StoredCheckpoint,
    floor: string | undefined,
  ): Promise<CheckpointHeader> {
    const id = ascendingId(this.#options.ids.next(), floor);
    let { row, thread } = from;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const notes = { ...request.notes, digest: notesOf(row).digest };
      const header = { ...newCheckpoint(request, id), metadata: writeNotes(notes) };
      const verdict = await this.#put({
        checkpoint: { ...header, manifest: row.manifest, pieces: row.pieces },
        elements: [],
        threadEpoch: thread.epoch,
        fence: request.fence,
        mustFollow: request.mustFollow,
      });
      if (verdict.code === "saved" || verdict.code === "replay")
        return { ...header, savedAt: verdict.savedAt };
      if (verdict.code === "superseded") throw new RunSupersededError(request.fence?.runId ?? request.thread);
      if (verdict.code === "deleted") break;
      if (verdict.code === "moved") throw new LineMoved();
      const again = await this.#patiently(() => this.find(placeOf(row)));
      if (again === undefined) break;
      ({ row, thread } = again);
    }
    throw new StoreUnavailableError(`Checkpoint ${row.id} of ${row.thread} was deleted meanwhile.`);
  }

  /** A checkpoint as it is stored. */
  find(place: CheckpointPlace): Promise<StoredCheckpoint | undefined> {
    return this.#options.store.get(this.#options.tenant, place);
  }

  /** The state of a stored checkpoint, made anew. Throws `UnreadableCheckpointError`. */
  stateOf(stored: StoredCheckpoint): unknown {
    return stateOf(this.#recall(stored));
  }

  /** The channels of a stored checkpoint, as `saveChannels` was given them. Throws `UnreadableCheckpointError`. */
  channelsOf(stored: StoredCheckpoint): StateChannel[] {
    return channelsOf(this.#recall(stored));
  }

  /** The channels of each of a page of `listStored`. The elements of a thread are looked through once. */
  *channelsOfEach(page: readonly StoredCheckpoint[]): Generator<StateChannel[]> {
    const readers = new Map<readonly Element[], ElementReader>();
    for (const stored of page) {
      const read = readers.get(stored.elements) ?? elementReader(stored.elements);
      readers.set(stored.elements, read);
      yield channelsOf(readRemembered(stored, read));
    }
  }

  #recall(stored: StoredCheckpoint): RememberedState {
    const remembered = readRemembered(stored);
    const { row, thread } = stored;
    this.#remember(row, row.id, { remembered, metadata: row.metadata, ...stateOfThread(thread) });
    return remembered;
  }

  #recentOf({ thread, base }: Pick<SaveRequest, "thread" | "base">): RecentState | undefined {
    return base && this.#recent.get(keyOf({ thread, namespace: base.namespace }, base.id));
  }

  async #read({ thread, base }: Pick<SaveRequest, "thread" | "base">): Promise<RecentState | undefined> {
    if (base === undefined) return undefined;
    const stored = await this.#patiently(() => this.find({ thread, ...base }));
    if (stored === undefined) return undefined;
    const { metadata } = stored.row;
    return { remembered: readRemembered(stored), metadata, ...stateOfThread(stored.thread) };
  }

  #put(put: Omit<CheckpointPut, "tenant">): Promise<PutVerdict> {
    const { tenant, store } = this.#options;
    return this.#patiently(() => store.put({ tenant, ...put }));
  }

  #remember(where: { thread: string; namespace: string }, id: string, state: RecentState): void {
    this.#recent.set(keyOf(where, id), state);
  }

  /** A put with the same id is a replay: it can be asked for again. */
  #patiently<T>(ask: () => Promise<T>): Promise<T> {
    return askAgain(this.#options.clock, PATIENCE, ask);
  }
}

function newCheckpoint(
  { thread, namespace, parentId, kind, name, step }: Omit<SaveRequest, "base">,
  id: string,
): Omit<CheckpointHeader, "savedAt" | "metadata"> {
  return { thread, namespace, id, parentId, kind, name, step };
}

function stateOfThread({ epoch, nextLog }: ThreadState): Pick<RecentState, "threadEpoch" | "nextLog"> {
  return { threadEpoch: epoch, nextLog };
}

function placeOf({ thread, namespace, id }: CheckpointHeader): CheckpointPlace {
  return { thread, namespace, id };
}

function keyOf({ thread, namespace }: { thread: string; namespace: string }, id: string): string {
  return JSON.stringify([thread, namespace, id]);
}
