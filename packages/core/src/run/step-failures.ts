import type { NotedFailure } from "../checkpoint/checkpoint-notes.ts";
import { errorText } from "./error-text.ts";
import { isWithin } from "./tracked-calls.ts";

/** An error whose text is longer is noted by its name, message and code. Characters. */
const MAX_ERROR = 10_000;
/** When so much is noted, later failures of the branch are not. Characters. */
const MAX_NOTED = 1_000_000;

/** The steps that failed on a branch of a run, in order. */
export class StepFailures {
  readonly #failures: NotedFailure[];
  #size = 0;

  constructor(failures: readonly NotedFailure[] = []) {
    this.#failures = [...failures];
  }

  get all(): readonly NotedFailure[] {
    return this.#failures;
  }

  /** A step failed. */
  add(path: string, error: unknown): void {
    if (this.#size >= MAX_NOTED) return;
    const text = errorText(error, MAX_ERROR);
    this.#size += path.length + text.length;
    this.#failures.push([path, text]);
  }

  /** The encoded error of the first failure of a step. It is forgotten by asking, with what failed inside of it until then. */
  take(path: string): string | undefined {
    const at = this.#failures.findIndex(([failed]) => failed === path);
    const [, text] = this.#failures[at] ?? [];
    if (text === undefined) return undefined;
    const before = this.#failures.slice(0, at).filter(([failed]) => !isWithin(failed, path));
    this.#failures.splice(0, at + 1, ...before);
    return text;
  }
}
