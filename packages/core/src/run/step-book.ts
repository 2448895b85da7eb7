import { StepNameTakenError } from "../errors/step-name-taken-error.ts";
import type { StepRow } from "../ports/run-store.ts";
import { isWithin } from "./tracked-calls.ts";

/** Which steps of a run are finished, which are running, and which this execution has come to. */
export class StepBook {
  /** The checkpoint after which each finished step was saved. */
  #finished = new Map<string, string | undefined>();
  /** Encoded results of finished steps that the code may come to again. */
  #results = new Map<string, string>();
  readonly #used = new Set<string>();
  readonly #running = new Set<string>();
  /** Running steps inside one that failed: when they end, the code may come to them again. */
  readonly #left = new Set<string>();
  /** Those that this execution has come past at any time. */
  readonly #seen = new Set<string>();

  /** The execution comes to a step; returns its encoded result when it is finished. Throws `StepNameTakenError`. */
  begin(path: string): string | undefined {
    if (this.#used.has(path)) throw new StepNameTakenError(path, this.#running.has(path));
    this.#used.add(path);
    this.#seen.add(path);
    const result = this.#results.get(path);
    if (result === undefined) this.#running.add(path);
    return result;
  }

  /** The step is saved. */
  finish(path: string, saved: { readonly checkpointId: string | undefined; readonly result: string }): void {
    this.leave(path);
    this.#finished.set(path, saved.checkpointId);
    // What is in no other step is asked for once only.
    if (path.includes("/")) this.#results.set(path, saved.result);
    else this.#results.delete(path);
  }

  /** The step failed. It may be tried again, and with it what is inside of it: steps that were saved there give their results. */
  fail(path: string): void {
    this.leave(path);
    this.#forget([path]);
  }

  /** The encoded result of a finished step. */
  resultOf(path: string): string | undefined {
    return this.#results.get(path);
  }

  /** A running step is over. */
  leave(path: string): void {
    this.#running.delete(path);
    if (this.#left.delete(path)) this.#used.delete(path);
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
    const isSame = (path: string) =>
      this.#finished.has(path) && before.has(path) && this.#finished.get(path) === before.get(path);
    this.#forget([...this.#used].filter((path) => !isSame(path)));
  }

  /** Forgets the finished steps that a rollback left behind: they may run again. */
  unfinish(keeps: (checkpointId: string | undefined) => boolean): void {
    const left: string[] = [];
    for (const [path, checkpointId] of this.#finished) {
      if (keeps(checkpointId)) continue;
      this.#finished.delete(path);
      this.#results.delete(path);
      left.push(path);
    }
    this.#forget(left);
  }

  /** The code may come to these again, and to what is inside of them; to what is still running there, when that is over. */
  #forget(paths: readonly string[]): void {
    const left = paths.filter((path) => !this.#running.has(path));
    for (const used of this.#used) {
      if (!left.some((path) => isWithin(used, path))) continue;
      if (this.#running.has(used)) this.#left.add(used);
      else this.#used.delete(used);
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
