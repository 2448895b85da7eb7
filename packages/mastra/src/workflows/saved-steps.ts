import { currentRun, type Run } from "@wflo/core";
import { plainOf } from "../storage/plain-json.ts";
import type { Refusal } from "../refusals.ts";
import type { StepPlace } from "./step-place.ts";

/** What a step of a workflow came to. */
export interface Outcome {
  readonly output?: unknown;
  /** The state of the workflow that it set. */
  readonly state?: unknown;
  /** What it put into the request's context. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly bailed?: { readonly result: unknown };
  /** It waits for somebody's answer. */
  readonly suspended?: { readonly payload: unknown; readonly options: unknown };
  /** It threw this. */
  readonly failed?: string;
}

/** A step that waits for somebody's answer. */
export interface WaitingStep {
  readonly path: readonly string[];
  readonly item: number | undefined;
  readonly payload: unknown;
  readonly resumeSchema: unknown;
}

/** What was done in a run of wflo that runs a workflow of Mastra's: each of its steps is a step of the run. */
export class SavedSteps {
  readonly #run: Run;
  /** Steps that wait for somebody, by where they are. */
  readonly waiting = new Map<string, WaitingStep>();
  /** Steps that wait for money. */
  readonly refused = new Map<string, Refusal>();
  /** What was refused outside of steps, such as in the condition of a branch. */
  refusal: Refusal | undefined;
  /** What the last step that failed has thrown. */
  error: unknown;
  readonly #finished = new Map<string, Outcome>();
  /** How often a step was asked anew, after an answer or a failure. */
  readonly #generations = new Map<string, number>();

  /** How many sleeps a workflow has come past. */
  readonly #sleeps = new Map<string, number>();

  constructor(run: Run) {
    this.#run = run;
  }

  get isAborted(): boolean {
    return this.#run.signal.aborted;
  }

  /**
   * Does the work of a step once in the life of the run. Throws what `work` throws, then nothing is saved. Of an outcome that was saved before,
   * `isLive` is false.
   */
  async perform(
    place: StepPlace,
    work: () => Promise<Outcome>,
  ): Promise<{ readonly outcome: Outcome; readonly isLive: boolean }> {
    const key = keyOf(place);
    this.waiting.delete(key);
    this.refused.delete(key);
    const before = this.#finished.get(key);
    if (before !== undefined) return { outcome: before, isLive: false };
    const name = place.path.at(-1) ?? "";
    for (;;) {
      const generation = this.#generations.get(key) ?? 0;
      let live: Outcome | undefined;
      const saved = await this.#run.step({ name, key: stepKey(place, generation) }, async () => {
        live = await work();
        return plainOf(live, name) as Outcome;
      });
      const isFinished = saved.suspended === undefined && saved.failed === undefined;
      if (isFinished) this.#finished.set(key, saved);
      else this.#generations.set(key, generation + 1);
      // What failed in an earlier execution is done anew.
      if (saved.failed !== undefined && live === undefined) continue;
      return { outcome: live ?? saved, isLive: live !== undefined };
    }
  }

  /** Until when the next sleep of the workflow around lasts, as it was when it began. Of sleeps Mastra makes up ids in every process. */
  async sleepUntil(untilMs: number): Promise<number> {
    const around = currentRun()?.step ?? "";
    const nth = this.#sleeps.get(around) ?? 0;
    this.#sleeps.set(around, nth + 1);
    return this.#run.step({ name: "mastra sleep", key: nth }, () => untilMs);
  }
}

/** Which step of the execution this is. */
export function keyOf(place: StepPlace): string {
  return `${currentRun()?.step ?? ""}/${place.path.at(-1)}:${coordinateOf(place)}`;
}

function stepKey(place: StepPlace, generation: number): string | undefined {
  const coordinate = coordinateOf(place);
  if (generation === 0) return coordinate === "" ? undefined : coordinate;
  return `${coordinate}~${generation}`;
}

function coordinateOf({ iteration, item }: StepPlace): string {
  return String(item ?? iteration ?? "");
}
