import { StepNameTakenError } from "../errors/step-name-taken-error.ts";
import type { StepRow } from "../ports/run-store.ts";
import { isWithin } from "./tracked-calls.ts";

/** Which steps of a run are finished, which are running, and which this execution has come to. */
export class StepBook {
  /** The checkpoint after which each finished step was saved. */
  #finished = new Map<string, string | undefined>();
  /** Encoded results of earlier executions. */
  #results = new Map<string, string>();
  readonly #used = new Set<string>();
  readonly #running = new Set<string>();
  /** Those that this execution has come past at any time. */
  readonly #seen = new Set<string>();

  /** The execution comes to a step; returns its encoded result when it is finished. Throws `StepNameTakenError`. */
  begin(path: string): string | undefined {
    if (this.#used.has(path)) throw new StepNameTakenError(path);
    this.#used.add(path);
    this.#seen.add(path);
    const result = this.#results.get(path);
    if (result === undefined) this.#running.add(path);
    return result;
  }

  /** The step is saved. */
  finish(path: string, checkpointId: string | undefined): void {
    this.#running.delete(path);
    this.#finished.set(path, checkpointId);
  }

  /** The step failed. It has no result that another could be mistaken for: it may be tried again. */
  fail(path: string): void {
    this.#running.delete(path);
    this.#used.delete(path);
  }

  isFinished(path: string): boolean {
    return this.#finished.has(path);
  }

  /** The running steps, but for `step` and those around it. */
  runningBeside(step: string | undefined): string[] {
    return [...this.#running].filter((path) => step === undefined || !isWithin(step, path));
  }

  /** The execution is on a branch where these steps of earlier ones are finished. */
  enter(saved: readonly StepRow[]): void {
    const before = this.#finished;
    this.#finished = new Map(saved.map(({ path, checkpointId }) => [path, checkpointId]));
    this.#results = new Map(saved.map(({ path, result }) => [path, result]));
    for (const path of this.#used) {
      const isSame = this.#finished.has(path) && this.#finished.get(path) === before.get(path);
      if (!isSame && !this.#running.has(path)) this.#used.delete(path);
    }
  }

  /** Forgets the finished steps that a rollback left behind: they may run again. */
  unfinish(keeps: (checkpointId: string | undefined) => boolean): void {
    for (const [path, checkpointId] of this.#finished) {
      if (keeps(checkpointId)) continue;
      this.#finished.delete(path);
      this.#results.delete(path);
      this.#used.delete(path);
    }
  }

  /** Steps of earlier executions that this one has not come past, but for those inside a step that it skipped. */
  unused(): string[] {
    return [...this.#results.keys()].filter((path) => !this.#seen.has(path) && !this.#isInsideSeen(path));
  }

  #isInsideSeen(path: string): boolean {
    for (let at = path.lastIndexOf("/"); at !== -1; at = path.lastIndexOf("/", at - 1)) {
      if (this.#seen.has(path.slice(0, at))) return true;
    }
    return false;
  }
}
