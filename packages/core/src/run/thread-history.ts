import { checkName } from "../budget/check-name.ts";
import { infoOf, type Checkpoint, type CheckpointInfo } from "../checkpoint/checkpoint.ts";
import { decode, encode } from "../checkpoint/codec.ts";
import { describeChoice, Lineage, type CheckpointChoice } from "../checkpoint/lineage.ts";
import { UnknownCheckpointError } from "../errors/unknown-checkpoint-error.ts";
import type { RunServices } from "./run-services.ts";

const MAX_LINEAGE = 100_000;

/** Where a thread of the user's own is kept; runs have theirs elsewhere. */
export function threadLine(thread: string): { readonly thread: string; readonly namespace: string } {
  checkName("A thread", thread);
  return { thread: `thread/${thread}`, namespace: "" };
}

/** The checkpoints of threads that belong to no run. Saves of one thread by this process follow each other. */
export class ThreadHistory {
  readonly #services: RunServices;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(services: RunServices) {
    this.#services = services;
  }

  async lineage(thread: string): Promise<Lineage> {
    const { database, tenant } = this.#services;
    return new Lineage(
      (await database.checkpoints.lineage(tenant, threadLine(thread), MAX_LINEAGE)).toReversed(),
    );
  }

  async save(thread: string, name: string, state: unknown): Promise<CheckpointInfo> {
    const { database, tenant, engine, emitter } = this.#services;
    const line = threadLine(thread);
    // Saved as it is now, whatever the caller does to it meanwhile.
    const saved = decode(encode(state, name));
    return this.#inTurn(thread, async () => {
      const [[head], [base]] = await Promise.all([
        database.checkpoints.lineage(tenant, line, 1),
        database.checkpoints.list(tenant, { ...line, name, limit: 1 }),
      ]);
      const request = { ...line, name, step: undefined, metadata: "{}", fence: undefined };
      const row = await engine.save(
        { ...request, kind: "save", parentId: head?.id, baseId: base?.id },
        saved,
      );
      emitter.emit("checkpoint-saved", { runId: undefined, name, checkpointId: row.id });
      return infoOf(row);
    });
  }

  async load(thread: string, choice: CheckpointChoice): Promise<Checkpoint | undefined> {
    const { engine } = this.#services;
    const isLatest = choice.id === undefined && choice.version === undefined && choice.name === undefined;
    const id = isLatest ? undefined : (await this.lineage(thread)).find(choice)?.id;
    if (id === undefined && !isLatest) return undefined;
    const stored = await engine.find({ ...threadLine(thread), id });
    return stored && { ...infoOf(stored.row), state: engine.stateOf(stored) };
  }

  rollBack(thread: string, choice: CheckpointChoice): Promise<Checkpoint> {
    const { engine } = this.#services;
    const line = threadLine(thread);
    return this.#inTurn(thread, async () => {
      const lineage = await this.lineage(thread);
      const target = lineage.find(choice);
      const stored = target && (await engine.find({ ...line, id: target.id }));
      if (stored === undefined) throw new UnknownCheckpointError(thread, describeChoice(choice));
      const { id, name } = stored.row;
      const request = { ...line, name, step: undefined, metadata: "{}", fence: undefined };
      const row = await engine.repeat(
        { ...request, kind: "rollback", parentId: id },
        stored,
        lineage.head?.id,
      );
      return { ...infoOf(row), state: engine.stateOf(stored) };
    });
  }

  async #inTurn<T>(thread: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(thread) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#last.set(thread, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(thread) === turn) this.#last.delete(thread);
    }
  }
}
