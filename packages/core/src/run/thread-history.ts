import { checkName } from "../budget/check-name.ts";
import { infoOf, type Checkpoint, type CheckpointInfo } from "../checkpoint/checkpoint.ts";
import { pause } from "../checkpoint/ask-again.ts";
import { describeChoice } from "../checkpoint/checkpoint-choice.ts";
import { CheckpointTree } from "../checkpoint/checkpoint-tree.ts";
import { LineMoved } from "../checkpoint/line-moved.ts";
import type { CheckpointChoice, Lineage } from "../checkpoint/lineage.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { UnknownCheckpointError } from "../errors/unknown-checkpoint-error.ts";
import type { StoredCheckpoint } from "../ports/checkpoint-store.ts";
import type { RunServices } from "./run-services.ts";
import { Turns } from "./turns.ts";

const MAX_CHECKPOINTS = 1_000_000;
/** Other processes that save into the thread at the same time are answered by another attempt, this often. */
const MAX_ATTEMPTS = 100;

/** Where a thread of the user's own is kept; runs have theirs elsewhere. */
export function threadLine(thread: string): { readonly thread: string; readonly namespace: string } {
  checkName("A thread", thread);
  return { thread: `thread/${thread}`, namespace: "" };
}

/** The checkpoints of threads that belong to no run: each follows the one before, whichever process saves it. */
export class ThreadHistory {
  readonly #services: RunServices;
  readonly #turns = new Map<string, Turns>();

  constructor(services: RunServices) {
    this.#services = services;
  }

  /** What led to where the thread is. */
  async lineage(thread: string): Promise<Lineage> {
    const { tree, head } = await this.#all(thread);
    return tree.lineageOf(head);
  }

  async save(thread: string, name: string, state: unknown): Promise<CheckpointInfo> {
    const { database, tenant, engine, emitter } = this.#services;
    const line = threadLine(thread);
    const row = await this.#following(thread, async () => {
      const [[head], [base]] = await Promise.all([
        database.checkpoints.list(tenant, { ...line, limit: 1 }),
        database.checkpoints.list(tenant, { ...line, name, limit: 1 }),
      ]);
      const request = { ...line, name, step: undefined, fence: undefined, mustFollow: true };
      return engine.save({ ...request, kind: "save", parentId: head?.id, base }, state);
    });
    emitter.emit("checkpoint-saved", { runId: undefined, name, checkpointId: row.id });
    return infoOf(row);
  }

  async load(thread: string, choice: CheckpointChoice): Promise<Checkpoint | undefined> {
    const stored = await this.#stored(thread, choice);
    return stored && { ...infoOf(stored.row), state: this.#services.engine.stateOf(stored) };
  }

  async rollBack(thread: string, choice: CheckpointChoice): Promise<Checkpoint> {
    const { engine } = this.#services;
    return this.#following(thread, async () => {
      const [{ head }, stored] = await Promise.all([this.#all(thread), this.#stored(thread, choice)]);
      if (stored === undefined) throw new UnknownCheckpointError(thread, describeChoice(choice));
      const { id, name } = stored.row;
      const request = { ...threadLine(thread), name, step: undefined, fence: undefined };
      const row = await engine.repeat({ ...request, kind: "rollback", parentId: id }, stored, head?.id);
      return { ...infoOf(row), state: engine.stateOf(stored) };
    });
  }

  async #stored(thread: string, choice: CheckpointChoice): Promise<StoredCheckpoint | undefined> {
    const { engine } = this.#services;
    const line = threadLine(thread);
    const { id, name, version } = choice;
    // The latest, and one by its id, need no look at the others.
    if (id !== undefined || (name === undefined && version === undefined))
      return engine.find({ ...line, id });
    const row = (await this.lineage(thread)).find(choice);
    return row && engine.find({ ...line, id: row.id });
  }

  async #all(thread: string) {
    const { database, tenant } = this.#services;
    const rows = await database.checkpoints.list(tenant, { ...threadLine(thread), limit: MAX_CHECKPOINTS });
    const tree = new CheckpointTree(rows);
    return { tree, head: rows[0] };
  }

  /** One after the other in this process, and again when another process was first. */
  async #following<T>(thread: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(thread) ?? new Turns();
    this.#turns.set(thread, turns);
    try {
      return await turns.take(() => this.#again(thread, work));
    } finally {
      if (turns.isIdle) this.#turns.delete(thread);
    }
  }

  async #again<T>(thread: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LineMoved)) throw error;
        await pause(this.#services.clock, Math.random() * 5 * attempt);
      }
    }
    throw new StoreUnavailableError(`Too many processes save into the thread ${thread} at once.`);
  }
}
