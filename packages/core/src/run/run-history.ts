import { checkName } from "../budget/check-name.ts";
import { infoOf, type Checkpoint, type CheckpointInfo } from "../checkpoint/checkpoint.ts";
import type { CheckpointTree } from "../checkpoint/checkpoint-tree.ts";
import { decode } from "../checkpoint/codec.ts";
import { copyOf } from "../checkpoint/copy-of.ts";
import type { CheckpointChoice } from "../checkpoint/lineage.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { StepsRunningError } from "../errors/steps-running-error.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import type { RunRow } from "../ports/run-store.ts";
import { baseFor } from "./base-for.ts";
import { Replay } from "./replay.ts";
import { lineOf, type RunBranch } from "./run-branch.ts";
import type { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";
import { RunStates } from "./run-states.ts";
import { SharedTurns } from "./shared-turns.ts";
import { StepBook } from "./step-book.ts";
import { isWithin } from "./tracked-calls.ts";

/** How a state is saved. */
export interface SaveOptions {
  /** True: a checkpoint that cannot be saved is an error. Default: it is reported, and the work goes on. */
  readonly strict?: boolean | undefined;
}

/** The checkpoints and steps of a run that this process has claimed: one checkpoint after the other, each a child of the one before. */
export class RunHistory {
  readonly #steps = new StepBook();
  readonly #services: RunServices;
  readonly #scope: RunScope;
  readonly #line: { readonly thread: string; readonly namespace: string };
  readonly #tree: CheckpointTree;
  readonly #states: RunStates;
  readonly #replay: Replay;
  readonly #isStrict: boolean;
  /** Checkpoints are written alone, steps beside each other: a step belongs before or after a checkpoint, never to both sides of it. */
  readonly #turns = new SharedTurns();
  #rollingBack: Promise<unknown> | undefined;
  /** Where the code went back to, as long as it has done nothing since. */
  #rolledBackTo: string | undefined;

  constructor(
    services: RunServices,
    scope: RunScope,
    run: { readonly row: RunRow; readonly branch: RunBranch; readonly isStrict: boolean },
  ) {
    this.#services = services;
    this.#scope = scope;
    this.#line = lineOf(run.row);
    this.#tree = run.branch.tree;
    this.#states = new RunStates(scope.runId, services.engine, run.branch.tree);
    this.#replay = new Replay(run.branch);
    this.#isStrict = run.isStrict;
    this.#steps.enter(this.#replay.steps());
    scope.head = this.#replay.last.head?.id;
  }

  get steps(): StepBook {
    return this.#steps;
  }

  /**
   * The code comes to a step; its encoded result when it is finished. Throws `StepNameTakenError`, and the error of a step that failed
   * when the code was on this branch before.
   */
  async comeTo(path: string): Promise<string | undefined> {
    // What begins while the run is being rolled back belongs to the branch it is on afterwards.
    while (this.#rollingBack !== undefined) await this.#rollingBack;
    this.#rolledBackTo = undefined;
    const failure = this.#replay.comePastFailure(path);
    if (failure !== undefined) throw decode(failure);
    if (!this.#steps.isFinished(path) && this.#replay.comePastStep(path))
      this.#steps.enter(this.#replay.steps());
    return this.#steps.begin(path);
  }

  /**
   * A step is saved, which is new, unlike one that fails again as it did before: by `commit`, after this checkpoint, unless it is finished
   * where the run is. Returns the encoded result that counts, which that of an earlier commit does; `commit` returns such a one.
   */
  saveStep(
    { path, result }: { readonly path: string; readonly result: string },
    commit: (checkpointId: string | undefined) => Promise<string | undefined>,
  ): Promise<string> {
    return this.#turns.share(async () => {
      this.#leaveReplay();
      const finished = this.#steps.resultOf(path);
      if (finished !== undefined) {
        this.#steps.leave(path);
        return finished;
      }
      const checkpointId = this.#scope.head;
      const saved = (await commit(checkpointId)) ?? result;
      this.#steps.finish(path, { checkpointId, result: saved });
      return saved;
    });
  }

  /** A step failed. */
  failStep(path: string, error: unknown): void {
    this.#steps.fail(path);
    this.#replay.failed(path, error);
  }

  /** Saves a state. Undefined when it could not be saved and need not be. `step` is where it is made. */
  save(
    name: string,
    state: unknown,
    step: string | undefined,
    options: SaveOptions = {},
  ): Promise<CheckpointInfo | undefined> {
    const saving = this.#saveOrReport(name, state, step, options);
    this.#scope.trackStep(saving);
    return saving;
  }

  /** The checkpoint of the branch that the code is on, with its state; undefined when there is none. `step` is where it asks. */
  async load(choice: CheckpointChoice, step?: string): Promise<Checkpoint | undefined> {
    await this.#turns.idle();
    const isHere = (row: CheckpointHeader) =>
      step === undefined || (row.step !== undefined && isWithin(row.step, step));
    const row = this.#states.find(this.#replay.lineage, choice, isHere);
    if (row === undefined) return undefined;
    this.#replay.goOnFrom(row);
    return this.#states.checkpointOf(await this.#states.stored(row));
  }

  /**
   * Goes back to a checkpoint: what came after it is left behind, its money is not. `asked`: by the code of the run, from this step.
   * Throws `UnknownCheckpointError`, `StepsRunningError`.
   */
  rollBack(choice: CheckpointChoice, asked?: { readonly step: string | undefined }): Promise<Checkpoint> {
    const rolling = this.#turns.take(() => this.#rollBack(choice, asked));
    const over = rolling.then(
      () => {},
      () => {},
    );
    this.#rollingBack = over;
    void over.then(() => {
      if (this.#rollingBack === over) this.#rollingBack = undefined;
    });
    return this.#orSuperseded(rolling);
  }

  /**
   * The code has failed. If it had just rolled back, it wants what it left behind to be done anew by a resume: that rollback is then
   * one that others made, and is not gone through again.
   */
  async fail(): Promise<void> {
    if (this.#rolledBackTo !== undefined) await this.rollBack({ id: this.#rolledBackTo });
  }

  /**
   * Repeats a checkpoint as the first of another run; returns the one repeated. `isLive`: only while no other process has taken this run
   * over. Throws `UnknownCheckpointError`, `RunSupersededError`.
   */
  forkInto(runId: string, choice: CheckpointChoice, isLive: boolean): Promise<CheckpointHeader> {
    const forking = this.#turns.take(async () => {
      const target = this.#states.get(this.#replay.last, choice);
      const own = this.#request(target.name, target.step);
      const request = { ...own, namespace: runId, fence: isLive ? own.fence : undefined };
      const stored = await this.#states.stored(target);
      await this.#services.engine.repeat(
        { ...request, kind: "fork", parentId: target.id },
        stored,
        target.id,
      );
      return target;
    });
    return this.#orSuperseded(forking);
  }

  async #saveOrReport(
    name: string,
    state: unknown,
    step: string | undefined,
    options: SaveOptions,
  ): Promise<CheckpointInfo | undefined> {
    checkName("The name of a checkpoint", name);
    const { emitter, log } = this.#services;
    const { runId, closing } = this.#scope;
    this.#rolledBackTo = undefined;
    try {
      if (closing !== undefined) throw closing;
      const seen = this.#replay.comePast(name, step, () => this.#states.digestOf(name, state));
      if (seen !== undefined) return infoOf(seen);
      this.#leaveReplay();
      // Saved as it is now: what waits for another checkpoint must not see later changes.
      const saved = this.#turns.isIdle ? state : copyOf(state, name);
      const row = await this.#orSuperseded(this.#turns.take(() => this.#write(name, saved, step)));
      emitter.emit("checkpoint-saved", { runId, name, checkpointId: row.id });
      return infoOf(row);
    } catch (error) {
      if (error instanceof RunSupersededError || (options.strict ?? this.#isStrict)) throw error;
      log.warn(`wflo: checkpoint ${name} of run ${runId} was not saved: ${String(error)}`, { error });
      emitter.emit("trouble", { what: "checkpoint", error });
      return undefined;
    }
  }

  async #write(name: string, state: unknown, step: string | undefined): Promise<CheckpointHeader> {
    const lineage = this.#replay.last;
    const base = baseFor(lineage.rows, name, step);
    const request = { ...this.#request(name, step), kind: "save" as const, parentId: lineage.head?.id, base };
    const row = await this.#services.engine.save(request, state);
    this.#tree.add(row);
    lineage.push(row);
    this.#replay.saved(row);
    this.#scope.head = row.id;
    return row;
  }

  async #rollBack(
    choice: CheckpointChoice,
    asked: { readonly step: string | undefined } | undefined,
  ): Promise<Checkpoint> {
    const beside = this.#steps.runningBeside(asked?.step);
    if (asked !== undefined && beside.length > 0) throw new StepsRunningError(this.#scope.runId, beside);
    const past = asked && this.#states.find(this.#replay.lineage, choice);
    const known = past && this.#replay.comePastRollback(past);
    if (known !== undefined) {
      this.#steps.enter(this.#replay.steps());
      this.#rolledBackTo = this.#replay.isLast ? past?.id : undefined;
      return this.#states.checkpointOf(await this.#states.stored(known));
    }
    this.#leaveReplay();
    const target = this.#states.get(this.#replay.last, choice);
    const stored = await this.#states.stored(target);
    const { id, name, step } = target;
    const head = this.#scope.head;
    const { failures } = this.#replay;
    const failed = failures.length === 0 ? undefined : failures;
    const notes = asked && { leftAt: head, by: asked.step, failed };
    const request = { ...this.#request(name, step), kind: "rollback" as const, parentId: id, notes };
    const row = await this.#services.engine.repeat(request, stored, head);
    this.#tree.add(row);
    const lineage = this.#tree.lineageOf(row);
    this.#replay.rolledBack(lineage, row);
    this.#rolledBackTo = asked && id;
    this.#scope.head = row.id;
    this.#steps.unfinish((checkpointId) => lineage.keeps(checkpointId));
    return { ...this.#states.checkpointOf(stored), ...infoOf(row) };
  }

  /** The code does something new: from here on it is where the run is. */
  #leaveReplay(): void {
    if (this.#replay.isLast) return;
    this.#replay.leave();
    this.#steps.enter(this.#replay.steps());
  }

  #request(name: string, step: string | undefined) {
    const { runId, epoch } = this.#scope;
    return { ...this.#line, name, step, fence: { runId, epoch } };
  }

  async #orSuperseded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof RunSupersededError ? this.#scope.supersede() : error;
    }
  }
}
