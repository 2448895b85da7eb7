import { decode, encode } from "../checkpoint/codec.ts";
import { BudgetBusyError } from "../errors/budget-busy-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { ClientClosedError } from "../errors/client-closed-error.ts";
import { isBudgetExceeded } from "../errors/is-budget-exceeded.ts";
import { RunOverError } from "../errors/run-over-error.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { RunRow, RunStatus } from "../ports/run-store.ts";
import { drainInTime } from "./drain-in-time.ts";
import { currentContext, withContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunServices } from "./run-services.ts";
import { RunScope } from "./run-scope.ts";
import { runHandle } from "./run-handle.ts";
import type { Run } from "./run.ts";

const HEARTBEAT_MS = 5_000;
const FLUSH_MS = 30_000;
/** The same for a run that ends because the database is away. */
const AWAY_FLUSH_MS = 1_000;

/**
 * Executes a claimed run to its end in this process and writes that end: `completed`, `paused` when money ran out, else
 * `failed`. Returns the function's value or throws its error, with the run's id on a `BudgetExceededError`.
 */
export async function executeRun<Input, T>(
  services: RunServices,
  row: RunRow,
  fn: (run: Run<Input>, input: Input) => T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const { tenant, database, emitter } = services;
  const { id: runId, workflow, epoch } = row;
  const scope = new RunScope({ runId, workflow, epoch, client: services.client });
  const steps = epoch === 1 ? [] : await database.runs.steps(tenant, runId);
  const input = decode(row.input) as Input;
  const outer = currentContext();
  const budgetIds = [...new Set([...outer.budgetIds, ...row.budgetIds])];
  const context = { run: scope, step: undefined, agent: undefined, budgetIds, call: undefined };
  const saved = new Map(steps.map((step) => [step.path, step.result]));
  const openRun: OpenRun = { ...services, scope, context, saved, used: new Set() };
  const unfollow = follow(scope, [signal, outer.run?.closed]);
  const over = services.running.begin(scope);
  const stopHeartbeat = startHeartbeat(services, scope);
  emitter.emit("run-start", { runId, workflow, epoch });
  try {
    const run = runHandle(openRun, input);
    const value = await withContext(context, async () => fn(run, input));
    scope.close(new RunOverError(runId));
    await end(services, scope, { status: "completed", result: resultText(services, scope, value) }, FLUSH_MS);
    return value;
  } catch (error) {
    if (!(error instanceof RunSupersededError)) {
      scope.close(error);
      const flushMs = error instanceof StoreUnavailableError ? AWAY_FLUSH_MS : FLUSH_MS;
      await end(services, scope, { status: statusOf(error), error: errorText(error) }, flushMs);
    }
    throw error;
  } finally {
    stopHeartbeat();
    unfollow();
    over();
  }
}

/** The caller's abort, and the end of a run around this one, end this one. Returns what stops listening. */
function follow(scope: RunScope, signals: readonly (AbortSignal | undefined)[]): () => void {
  const abort = (event: Event) => scope.abort((event.target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal?.aborted) scope.abort(signal.reason);
    signal?.addEventListener("abort", abort, { once: true });
  }
  return () => {
    for (const signal of signals) signal?.removeEventListener("abort", abort);
  };
}

interface RunEnd {
  readonly status: Exclude<RunStatus, "running">;
  readonly result?: string | undefined;
  readonly error?: string | undefined;
}

/** No further call starts, open calls finish, their settles are acknowledged, then the status is written. */
async function end(services: RunServices, scope: RunScope, how: RunEnd, flushMs: number): Promise<void> {
  const { status } = how;
  const { tenant, database, outbox, emitter, log } = services;
  const { runId, workflow, epoch } = scope;
  await drainInTime(scope, services.clock, services.drainMs);
  let isOurs = true;
  try {
    await outbox.flush(flushMs);
    isOurs = await database.runs.finish(tenant, { runId, epoch, ...how });
  } catch (failure) {
    // The work itself is done or has its own error: an end that could not be written leaves a stale run, which can be resumed.
    log.error(`wflo: the end of run ${runId} (${status}) could not be written.`, { error: failure });
  }
  if (!isOurs) throw scope.supersede();
  emitter.emit("run-end", { runId, workflow, status });
}

function startHeartbeat(services: RunServices, scope: RunScope): () => void {
  const { clock, database, tenant, log } = services;
  let cancel = () => {};
  let stopped = false;
  const beat = async () => {
    try {
      const isOurs = await database.runs.heartbeat(tenant, scope.runId, scope.epoch);
      if (!isOurs && !stopped) scope.supersede();
    } catch (error) {
      log.warn(`wflo: run ${scope.runId} could not show that it is alive.`, { error });
    }
    if (!stopped) cancel = clock.schedule(() => void beat(), HEARTBEAT_MS);
  };
  cancel = clock.schedule(() => void beat(), HEARTBEAT_MS);
  return () => {
    stopped = true;
    cancel();
  };
}

function statusOf(error: unknown): "paused" | "failed" {
  const isMoney =
    isBudgetExceeded(error) || error instanceof BudgetPausedError || error instanceof BudgetBusyError;
  return isMoney || error instanceof ClientClosedError ? "paused" : "failed";
}

/** A result that cannot be saved is still the caller's: the run completes without a stored result. */
function resultText(services: RunServices, scope: RunScope, value: unknown): string | undefined {
  try {
    return encode(value, "the result");
  } catch (error) {
    services.log.warn(
      `wflo: run ${scope.runId} is completed, but its result is not stored: ${String(error)}`,
    );
    return undefined;
  }
}

function errorText(error: unknown): string {
  try {
    return encode(error, "the error");
  } catch {
    const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown };
    return encode({ name: String(name), message: String(message), code: String(code) }, "the error");
  }
}
