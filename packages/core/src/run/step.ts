import { decode, encode } from "../checkpoint/codec.ts";
import { StepNameTakenError } from "../errors/step-name-taken-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { StepCommitVerdict } from "../ports/database.ts";
import { currentContext, withContext, type RunContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import { stepPath, type StepName } from "./step-path.ts";

/** A save is tried this often before the run stops: else a resume would pay for the step again. */
const SAVE_ATTEMPTS = 6;
const FIRST_RETRY_MS = 200;

/**
 * Runs `fn` once in the life of the run: its result is saved, together with the settles of its calls, and a later execution
 * gets the saved result without running it. Throws `StepNameTakenError`, `UnsavableValueError`, `RunSupersededError`,
 * `StoreUnavailableError` when the result could not be saved, and what `fn` throws (then nothing is saved).
 */
export async function runStep<T>(
  openRun: OpenRun,
  step: StepName,
  change: Partial<RunContext>,
  fn: () => T | Promise<T>,
): Promise<T> {
  const { scope, emitter } = openRun;
  const path = stepPath(currentContext().step, step);
  if (openRun.used.has(path)) throw new StepNameTakenError(path);
  openRun.used.add(path);
  const saved = openRun.saved.get(path);
  if (saved !== undefined) {
    emitter.emit("step-skipped", { runId: scope.runId, step: path });
    return decode(saved) as T;
  }
  if (scope.closing !== undefined) throw scope.closing;
  const value = await withContext({ ...change, step: path }, async () => fn());
  const result = encode(value, `result of step ${path}`);
  await scope.drain(path);
  const verdict = await save(openRun, path, result);
  openRun.outbox.acknowledge(verdict.settled);
  if (verdict.code === "superseded") throw scope.supersede();
  emitter.emit("step-saved", { runId: scope.runId, step: path });
  return value;
}

async function save(openRun: OpenRun, path: string, result: string): Promise<StepCommitVerdict> {
  const { scope, database, outbox, clock, tenant } = openRun;
  const callIds = scope.takeCallIds(path);
  for (let attempt = 1; ; attempt++) {
    try {
      const settlements = outbox.unacknowledged(callIds);
      return await database.commitStep({
        tenant,
        runId: scope.runId,
        epoch: scope.epoch,
        path,
        result,
        settlements,
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || attempt >= SAVE_ATTEMPTS) throw error;
      const pause = Promise.withResolvers<void>();
      clock.schedule(() => pause.resolve(), FIRST_RETRY_MS * 2 ** (attempt - 1), { keepAlive: true });
      await pause.promise;
    }
  }
}
