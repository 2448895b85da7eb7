import { askAgain } from "../checkpoint/ask-again.ts";
import { decode, encode } from "../checkpoint/codec.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { drainStep } from "./drain-run.ts";
import { currentContext, withContext, type RunContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import { stepPath, type StepName } from "./step-path.ts";

/** A save is tried this often before the run stops: else a resume would pay for the step again. */
const PATIENCE = { attempts: 6, firstPauseMs: 200 };

/**
 * Runs `fn` once in the life of the run: its result is saved, together with the settles of its calls, and a later execution
 * gets the saved result without running it. Throws `StepNameTakenError`, `UnsavableValueError`, `RunSupersededError`,
 * `StoreUnavailableError` when the result could not be saved (then no other step begins), and what `fn` throws (then nothing is saved). `change`: what else is
 * replaced for it of the context it begins in; asked when it is to run.
 */
export async function runStep<T>(
  openRun: OpenRun,
  step: StepName,
  fn: () => T | Promise<T>,
  change?: (context: RunContext, path: string) => Promise<Partial<RunContext>>,
): Promise<T> {
  const { scope, emitter, history } = openRun;
  const context = contextIn(openRun);
  const path = stepPath(context.step, step);
  if (typeof fn !== "function") throw new InvalidOptionError(`Step ${path} needs a function.`);
  const saved = await history.comeTo(path);
  if (saved !== undefined) {
    emitter.emit("step-skipped", { runId: scope.runId, step: path });
    return decode(saved) as T;
  }
  try {
    if (scope.closing !== undefined) throw scope.closing;
    const work = runAndSave(openRun, path, async () => {
      const changed = await change?.(context, path);
      return withContext({ ...context, ...changed, step: path }, async () => fn());
    });
    scope.trackStep(work);
    return await work;
  } catch (error) {
    history.failStep(path, error);
    throw error;
  }
}

/**
 * The context here. In a run that was started inside this one it is the place in this run where that one was started, with the budgets
 * of both. Where the way here led outside of the run, as through a queue's worker, it is that of the run's function.
 */
export function contextIn({ scope, context }: OpenRun): RunContext {
  const here = currentContext();
  if (here.run === scope) return here;
  for (let at = here.run?.outer; at !== undefined; at = at.run?.outer) {
    if (at.run === scope) return { ...here, run: scope, step: at.step, agent: at.agent };
  }
  return context;
}

async function runAndSave<T>(openRun: OpenRun, path: string, fn: () => Promise<T>): Promise<T> {
  const { scope, emitter, clock } = openRun;
  const startedAtMs = clock.monotonic();
  const value = await fn();
  const tookMs = Math.round(clock.monotonic() - startedAtMs);
  const result = encode(value, `result of step ${path}`);
  await drainStep(openRun, path);
  const saved = await save(openRun, { path, result, tookMs });
  emitter.emit("step-saved", { runId: scope.runId, step: path });
  return saved === result ? value : (decode(saved) as T);
}

/** Saves the result of a step, and the settles of its calls. Returns the encoded result that counts. */
async function save(
  openRun: OpenRun,
  step: { readonly path: string; readonly result: string; readonly tookMs: number },
): Promise<string> {
  const { scope, database, outbox, clock, tenant } = openRun;
  const callIds = scope.takeCallIds(step.path);
  const { runId, epoch } = scope;
  return openRun.history.saveStep(step, async (checkpointId) => {
    const commit = async () => {
      const settlements = outbox.carry(callIds);
      try {
        const verdict = await database.commitStep({
          ...step,
          tenant,
          runId,
          epoch,
          checkpointId,
          settlements,
        });
        outbox.acknowledge(settlements, verdict.settled);
        return verdict;
      } catch (error) {
        outbox.release(settlements);
        throw error;
      }
    };
    const { code, recorded } = await askAgain(clock, PATIENCE, commit).catch((error: unknown) => {
      // Code that tries the step again would pay for it again.
      if (error instanceof StoreUnavailableError) scope.close(error);
      throw error;
    });
    if (code === "superseded") throw scope.supersede();
    return recorded;
  });
}
