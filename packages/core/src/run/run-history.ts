import { checkName } from "../budget/check-name.ts";
import { infoOf, type Checkpoint, type CheckpointInfo } from "../checkpoint/checkpoint.ts";
import { decode, encode } from "../checkpoint/codec.ts";
import { describeChoice, type CheckpointChoice, type Lineage } from "../checkpoint/lineage.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { UnknownCheckpointError } from "../errors/unknown-checkpoint-error.ts";
import type { CheckpointHeader, StoredCheckpoint } from "../ports/checkpoint-store.ts";
import type { RunRow } from "../ports/run-store.ts";
import { lineOf } from "./run-branch.ts";
import type { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";

/** How a state is saved. */
export interface SaveOptions {
  /** True: a checkpoint that cannot be saved is an error. Default: it is reported, and the work goes on. */
  readonly strict?: boolean | undefined;
}

/** The checkpoints of a run that this process has claimed: one after the other, each a child of the one before. */
export class RunHistory {
  readonly #services: RunServices;
  readonly #scope: RunScope;
  readonly #line: { readonly thread: string; readonly namespace: string };
  readonly #lineage: Lineage;
  readonly #isStrict: boolean;
  /** How many checkpoints of a name this execution has come past without saving them again. */
  #passed = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(
    services: RunServices,
    scope: RunScope,
    run: { readonly row: RunRow; readonly lineage: Lineage; readonly isStrict: boolean },
  ) {
    this.#services = services;
    this.#scope = scope;
    this.#line = lineOf(run.row);
    this.#lineage = run.lineage;
    this.#isStrict = run.isStrict;
    scope.head = run.lineage.head?.id;
  }

  /** Whether what was done after this checkpoint counts on the branch the run is on. */
  keeps(checkpointId: string | undefined): boolean {
    return this.#lineage.keeps(checkpointId);
  }

  /** Saves a state. Undefined when it could not be saved and need not be. `step` is where it is made. */
  async save(
    name: string,
    state: unknown,
    step: string | undefined,
    options: SaveOptions = {},
  ): Promise<CheckpointInfo | undefined> {
    checkName("The name of a checkpoint", name);
    const seen = step === undefined && this.#scope.isReplaying ? this.#comePast(name) : undefined;
    if (seen !== undefined) return infoOf(seen);
    this.#scope.isReplaying = false;
    try {
      if (this.#scope.closing !== undefined) throw this.#scope.closing;
      // Saved as it is now: what waits for another checkpoint must not see later changes.
      const saved = this.#waiting === 0 ? state : decode(encode(state, name));
      const row = await this.#inTurn(() => this.#write(name, saved, step));
      const { runId } = this.#scope;
      this.#services.emitter.emit("checkpoint-saved", { runId, name, checkpointId: row.id });
      return infoOf(row);
    } catch (error) {
      if (error instanceof RunSupersededError) throw error;
      if (options.strict ?? this.#isStrict) throw error;
      this.#report(name, error);
      return undefined;
    }
  }

  /** The checkpoint of the run's branch with its state; undefined when there is none. */
  async load(choice: CheckpointChoice): Promise<Checkpoint | undefined> {
    await this.#last;
    const row = this.#lineage.find(choice);
    if (row === undefined) return undefined;
    this.#goOnFrom(row);
    return this.#checkpoint(await this.#stored(row));
  }

  /** Goes back to a checkpoint: what came after it is left behind, its money is not. Throws `UnknownCheckpointError`. */
  rollBack(choice: CheckpointChoice): Promise<Checkpoint> {
    this.#scope.isReplaying = false;
    return this.#inTurn(async () => {
      const target = this.#find(choice);
      const stored = await this.#stored(target);
      const row = await this.#services.engine.repeat(
        { ...this.#request(target.name, target.step), kind: "rollback", parentId: target.id },
        stored,
        this.#lineage.head?.id,
      );
      this.#lineage.rollBack(target, row);
      this.#scope.head = row.id;
      this.#goOnFrom(row);
      return { ...this.#checkpoint(stored), ...infoOf(row) };
    });
  }

  /** Repeats a checkpoint as the first of another run. Throws `UnknownCheckpointError`. */
  forkInto(runId: string, choice: CheckpointChoice): Promise<CheckpointHeader> {
    return this.#inTurn(async () => {
      const target = this.#find(choice);
      const request = { ...this.#request(target.name, target.step), namespace: runId };
      await this.#services.engine.repeat(
        { ...request, kind: "fork", parentId: target.id, fence: undefined },
        await this.#stored(target),
        target.id,
      );
      return target;
    });
  }

  #write(name: string, state: unknown, step: string | undefined): Promise<CheckpointHeader> {
    const { engine } = this.#services;
    const base = this.#lineage.rows.findLast((row) => row.name === name && row.step === step);
    const { head } = this.#lineage;
    // What was forked off another run has no elements in common that this line knows of but those of its first checkpoint.
    const baseId = base?.namespace === this.#line.namespace ? base.id : undefined;
    const request = { ...this.#request(name, step), kind: "save" as const, parentId: head?.id, baseId };
    const saving = engine.save(request, state);
    return saving.then((row) => {
      this.#lineage.push(row);
      this.#scope.head = row.id;
      return row;
    });
  }

  #request(name: string, step: string | undefined) {
    const { runId, epoch } = this.#scope;
    return { ...this.#line, name, step, metadata: "{}", fence: { runId, epoch } };
  }

  #find(choice: CheckpointChoice): CheckpointHeader {
    const target = this.#lineage.find(choice);
    if (target === undefined) throw new UnknownCheckpointError(this.#scope.runId, describeChoice(choice));
    return target;
  }

  async #stored(row: CheckpointHeader): Promise<StoredCheckpoint> {
    const { thread, namespace, id } = row;
    const stored = await this.#services.engine.find({ thread, namespace, id });
    if (stored === undefined) throw new UnknownCheckpointError(this.#scope.runId, `${row.name} any more`);
    return stored;
  }

  #checkpoint(stored: StoredCheckpoint): Checkpoint {
    return { ...infoOf(stored.row), state: this.#services.engine.stateOf(stored) };
  }

  /** The checkpoint that an earlier execution made here; the n-th of a name is the n-th again while nothing new has been done. */
  #comePast(name: string): CheckpointHeader | undefined {
    const count = this.#passed.get(name) ?? 0;
    const seen = this.#lineage.versions(name).filter((row) => row.step === undefined)[count];
    if (seen !== undefined) this.#passed.set(name, count + 1);
    return seen;
  }

  /** The code goes on from a state it asked for, not from its beginning: what led there will not come past again. */
  #goOnFrom(row: CheckpointHeader): void {
    const { rows } = this.#lineage;
    const before = rows
      .slice(0, rows.indexOf(row) + 1)
      .filter(({ kind, step }) => kind === "save" && step === undefined);
    this.#passed = new Map();
    for (const { name } of before) this.#passed.set(name, (this.#passed.get(name) ?? 0) + 1);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#waiting++ === 0 ? undefined : this.#last;
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last = turn.then(
      () => {},
      () => {},
    );
    try {
      return await turn;
    } catch (error) {
      throw error instanceof RunSupersededError ? this.#scope.supersede() : error;
    } finally {
      this.#waiting--;
    }
  }

  #report(name: string, error: unknown): void {
    const { log, emitter } = this.#services;
    log.warn(`wflo: checkpoint ${name} of run ${this.#scope.runId} was not saved: ${String(error)}`, {
      error,
    });
    emitter.emit("trouble", { what: "checkpoint", error });
  }
}
