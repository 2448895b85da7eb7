import { decode } from "../checkpoint/codec.ts";
import type { RunRow } from "../ports/run-store.ts";
import { surrounded } from "./around-runs.ts";
import { completeRun, failRun } from "./end-run.ts";
import { openLiveRun, type ExecuteOptions } from "./live-run.ts";
import { withContext } from "./run-context.ts";
import { runHandle } from "./run-handle.ts";
import type { RunServices } from "./run-services.ts";
import { savable } from "./framework-value.ts";
import { pendingOf } from "./pending-result.ts";
import { followStream, type Broken } from "./stream-result.ts";
import type { WorkflowFunction } from "./workflow-target.ts";

/**
 * Executes a claimed run to its end in this process and writes that end: `completed`, `paused` when money ran out, else
 * `failed`. Returns the function's value or throws its error, with the run's id on a `BudgetExceededError`. A run that returns
 * a stream, or a result that is still being made, is over when that is.
 */
export async function executeRun<Input, T>(
  services: RunServices,
  row: RunRow,
  fn: WorkflowFunction<Input, T>,
  options: ExecuteOptions,
): Promise<T> {
  const live = await openLiveRun(services, row, options);
  const { context } = live.openRun;
  const within = <R>(part: () => R) => withContext(context, part);
  let value: T;
  let stream: T | undefined;
  let pending: Promise<void> | undefined;
  const over = (broken?: Broken) =>
    broken === undefined ? completeRun(live, undefined) : failRun(live, broken.error);
  try {
    const stored: unknown = decode(row.input);
    const input = (fn.codec === undefined ? stored : await fn.codec.read(stored)) as Input;
    const handle = runHandle(services, live.openRun, { row, input, answer: options.answer });
    value = await within(async () => surrounded(() => fn(handle, input)));
    pending = within(() => pendingOf(value)?.());
    const { signal } = live.openRun.scope;
    if (pending === undefined) stream = followStream(value, { clock: services.clock, signal, within, over });
  } catch (error) {
    await failRun(live, error);
    throw error;
  }
  if (stream !== undefined) return stream;
  if (pending !== undefined) {
    const report = (error: unknown) =>
      services.log.error(`wflo: the end of run ${row.id} could not be told.`, { error });
    const broken = (error: unknown) => over({ error });
    void pending.then(() => over(), broken).catch(report);
    return value;
  }
  await completeRun(live, await savableResult(fn, value));
  return value;
}

/** What a framework cannot write is no reason to lose a result that its caller gets all the same. */
async function savableResult<Input, T>({ codec }: WorkflowFunction<Input, T>, value: T): Promise<unknown> {
  try {
    return await savable(codec, value, "the result");
  } catch {
    return value;
  }
}
