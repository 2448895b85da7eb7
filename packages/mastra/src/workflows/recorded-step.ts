import type { GraphStep, RequestValues, StepContext } from "./mastra-graph.ts";
import type { Outcome, SavedSteps } from "./saved-steps.ts";
import { keyOf } from "./saved-steps.ts";
import type { Attempt } from "./step-attempt.ts";
import type { StepPlace } from "./step-place.ts";

/** Thrown out of a step that is not over, so that it is not saved. */
class NotOver extends Error {
  readonly attempt: Attempt;

  constructor(attempt: Attempt) {
    super("The step is not over.");
    this.attempt = attempt;
  }
}

/** A step of a workflow that is one of a run of wflo as well: what it did is saved, and done again by what was saved. */
export class RecordedStep {
  readonly #step: GraphStep;
  readonly #place: StepPlace;
  readonly #saved: SavedSteps;
  /** The steps inside of it are saved by themselves. */
  readonly #isWorkflow: boolean;

  constructor(step: GraphStep, place: StepPlace, saved: SavedSteps) {
    this.#step = step;
    this.#place = place;
    this.#saved = saved;
    this.#isWorkflow = step.component === "WORKFLOW";
  }

  async perform(context: StepContext, work: (context: StepContext) => Promise<Attempt>): Promise<Attempt> {
    const thrown: { error?: unknown } = {};
    const place = keyOf(this.#place);
    try {
      const { outcome, isLive } = await this.#saved.perform(this.#place, () =>
        this.#record(context, work, thrown),
      );
      if (outcome.failed !== undefined) throw thrown.error;
      if (!isLive) await replay(context, outcome);
      if (outcome.suspended !== undefined) this.#wait(place, outcome.suspended.payload);
      return { output: outcome.output };
    } catch (error) {
      if (error instanceof NotOver) return error.attempt;
      // Of what a step inside has thrown, a workflow throws a copy.
      if (!this.#isWorkflow) this.#saved.error = error;
      throw error;
    }
  }

  async #record(
    context: StepContext,
    work: (context: StepContext) => Promise<Attempt>,
    thrown: { error?: unknown },
  ): Promise<Outcome> {
    const seen: { -readonly [Key in keyof Outcome]: Outcome[Key] } = {};
    const before = valuesOf(context.requestContext);
    try {
      const attempt = await work(recording(context, seen));
      const isStopped = "refusal" in attempt || this.#saved.isAborted;
      if (isStopped || (this.#isWorkflow && seen.suspended !== undefined)) throw new NotOver(attempt);
      const changed = changesOf(before, valuesOf(context.requestContext));
      return { ...seen, output: attempt.output, ...(changed === undefined ? {} : { context: changed }) };
    } catch (error) {
      if (error instanceof NotOver || this.#isWorkflow || this.#saved.isAborted) throw error;
      thrown.error = error;
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  }

  #wait(key: string, payload: unknown): void {
    const { path, item } = this.#place;
    this.#saved.waiting.set(key, { path, item, payload, resumeSchema: this.#step.resumeSchema });
  }
}

/** The same context, which tells what is done by it. */
function recording(
  context: StepContext,
  seen: { -readonly [Key in keyof Outcome]: Outcome[Key] },
): StepContext {
  const { setState } = context;
  return {
    ...context,
    suspend: async (payload, options) => {
      const value = await context.suspend(payload, options);
      seen.suspended = { payload, options };
      return value;
    },
    bail: (result) => {
      seen.bailed = { result };
      return context.bail(result);
    },
    ...(setState === undefined
      ? {}
      : {
          setState: async (state: unknown) => {
            await setState.call(context, state);
            seen.state = state;
          },
        }),
  };
}

/** Does what a step did to the workflow around it. */
async function replay(context: StepContext, { state, context: values, bailed, suspended }: Outcome) {
  if (state !== undefined) await context.setState?.(state);
  for (const [key, value] of Object.entries(values ?? {})) context.requestContext?.set(key, value);
  if (bailed !== undefined) context.bail(bailed.result);
  if (suspended !== undefined) await context.suspend(suspended.payload, suspended.options);
}

function valuesOf(values: RequestValues | undefined): Readonly<Record<string, unknown>> {
  return values?.toJSON?.() ?? {};
}

function changesOf(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const changed = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}
