import type { FormerBranch } from "../checkpoint/checkpoint-tree.ts";
import { notesOf, type NotedFailure } from "../checkpoint/checkpoint-notes.ts";
import type { Lineage } from "../checkpoint/lineage.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import type { StepRow } from "../ports/run-store.ts";
import { isWithin } from "./tracked-calls.ts";
import { finishedSteps, type RunBranch } from "./run-branch.ts";
import { StepFailures } from "./step-failures.ts";

/**
 * Where a resumed run is in its own past. Its code goes through the branches again that it was on before, in order: what it did on
 * each is answered from storage, and the rollbacks by which it left them lead to the next. On the last everything is new.
 */
export class Replay {
  readonly #branches: FormerBranch[];
  readonly #steps: readonly StepRow[];
  #at = 0;
  /** Checkpoints before this place have been come past. */
  #from = 0;
  /** The ids of those that were come past one by one: parallel work saves in another order than it asks in. */
  readonly #past = new Set<string>();
  /** The same as `#from`, by name and step: what lies before is come past, or was left for good. */
  readonly #cuts = new Map<string, number>();
  /** On a branch that was left, the failures that the code has not come past yet; on the last, those it has seen. */
  #failures = new StepFailures();

  constructor(branch: RunBranch) {
    this.#branches = branch.tree.branchesTo(branch.lineage.head);
    this.#steps = branch.steps;
    this.#enter(0);
  }

  /** The branch that the code is on. */
  get lineage(): Lineage {
    return this.#branches[this.#at]?.lineage ?? this.last;
  }

  /** The branch that the run is on. */
  get last(): Lineage {
    const last = this.#branches.at(-1);
    if (last === undefined) throw new Error("A run is on a branch.");
    return last.lineage;
  }

  /** True when the code is where the run is. */
  get isLast(): boolean {
    return this.#at === this.#branches.length - 1;
  }

  /** The steps of earlier executions that are finished on this branch. */
  steps(): StepRow[] {
    return finishedSteps({ lineage: this.lineage, steps: this.#steps });
  }

  /** A checkpoint of this name and state that was saved here before, if it has not been come past yet. */
  comePast(name: string, step: string | undefined, digest: () => string): CheckpointHeader | undefined {
    const { rows } = this.lineage;
    const key = JSON.stringify([name, step]);
    let wanted: string | undefined;
    let isCut = true;
    for (let at = Math.max(this.#from, this.#cuts.get(key) ?? 0); at < rows.length; at++) {
      const row = rows[at];
      if (row?.kind !== "save" || row.name !== name || row.step !== step) continue;
      const isPast = this.#past.has(row.id);
      if (!isPast) wanted ??= digest();
      const isIt = !isPast && notesOf(row).digest === wanted;
      isCut &&= isPast || isIt;
      // What is come past in order is not looked at again, however long the history is.
      if (isCut) this.#cuts.set(key, at + 1);
      if (!isIt) continue;
      this.#past.add(row.id);
      return row;
    }
    return undefined;
  }

  /** A checkpoint was saved: of its name nothing earlier can come past any more. */
  saved({ name, step }: CheckpointHeader): void {
    this.#cuts.set(JSON.stringify([name, step]), this.lineage.rows.length);
  }

  /** The code asked for a state and goes on from it; that one itself may be saved again first. */
  goOnFrom(row: CheckpointHeader): void {
    this.#from = Math.max(this.#from, this.lineage.placeOf(row.id));
  }

  /** The code rolls back to `target`: if it did so before, it is on the next branch now, and that rollback is returned. */
  comePastRollback(target: CheckpointHeader): CheckpointHeader | undefined {
    const next = this.#branches[this.#at + 1]?.enteredBy;
    if (next === undefined || next.parentId !== target.id) return undefined;
    this.#enter(this.#at + 1);
    this.goOnFrom(next);
    return next;
  }

  /** The code rolled back anew: the run is on this branch now. */
  rolledBack(lineage: Lineage, row: CheckpointHeader): void {
    this.#branches[this.#branches.length - 1] = { lineage, enteredBy: undefined };
    this.#enter(this.#branches.length - 1);
    this.goOnFrom(row);
  }

  /** A step was left by rollbacks of its own, and finished on a later branch: the code is there when it has come past the step. */
  comePastStep(path: string): boolean {
    for (let at = this.#at + 1; at < this.#branches.length; at++) {
      const { enteredBy, lineage } = this.#branches[at] ?? {};
      const by = enteredBy && notesOf(enteredBy).by;
      if (lineage === undefined || by === undefined || !isWithin(by, path)) return false;
      const isFinished = finishedSteps({ lineage, steps: this.#steps }).some((step) => step.path === path);
      if (!isFinished) continue;
      this.#enter(at);
      return true;
    }
    return false;
  }

  /** The encoded error of a step that failed when the code was on this branch before; each failure is told once. */
  comePastFailure(path: string): string | undefined {
    return this.isLast ? undefined : this.#failures.take(path);
  }

  /** A step was run and failed: on a branch that was left, as it did before. */
  failed(path: string, error: unknown): void {
    if (this.isLast) this.#failures.add(path, error);
    else this.#failures.take(path);
  }

  /** What failed on the branch that the run is on, since it came there; the code is there. */
  get failures(): readonly NotedFailure[] {
    return this.#failures.all;
  }

  /** The code does what it did not do before: it is where the run is. */
  leave(): void {
    this.#enter(this.#branches.length - 1);
  }

  #enter(at: number): void {
    this.#at = at;
    this.#from = 0;
    this.#past.clear();
    this.#cuts.clear();
    const leftBy = this.#branches[at + 1]?.enteredBy;
    this.#failures = new StepFailures(leftBy && notesOf(leftBy).failed);
  }
}
