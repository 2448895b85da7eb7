import { decode, encode } from "../checkpoint/codec.ts";
import { BudgetBusyError } from "../errors/budget-busy-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { ClientClosedError } from "../errors/client-closed-error.ts";
import { isBudgetExceeded } from "../errors/is-budget-exceeded.ts";
import { RunOverError } from "../errors/run-over-error.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { RunRow, RunStatus } from "../ports/run-store.ts";
import { Lineage } from "../checkpoint/lineage.ts";
import { drainInTime } from "./drain-in-time.ts";
import { currentContext, withContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunServices } from "./run-services.ts";
import { RunScope } from "./run-scope.ts";
import { loadBranch } from "./run-branch.ts";
import { runHandle } from "./run-handle.ts";
import { RunHistory } from "./run-history.ts";
import type { Run } from "./run.ts";
import { StepBook } from "./step-book.ts";
import { followStream } from "./stream-result.ts";

const HEARTBEAT_MS = 5_000;
const FLUSH_MS = 30_000;
/** The same for a run that ends because the database is away. */
const AWAY_FLUSH_MS = 1_000;

/** How the checkpoints of a workflow's runs are handled. */
export interface CheckpointRules {
  /** True: a checkpoint that cannot be saved fails the run. Default: it is reported. */
  readonly strict?: boolean | undefined;
  /** True: a run that fails goes back to its latest checkpoint, so that a resume does again what came after it. */
  readonly rollbackOnError?: boolean | undefined;
}

/** How a run is executed. */
export interface ExecuteOptions {
  readonly signal: AbortSignal | undefined;
  readonly checkpoints: CheckpointRules | undefined;
}

/**
 * Executes a claimed run to its end in this process and writes that end: `completed`, `paused` when money ran out, else
 * `failed`. Returns the function's value or throws its error, with the run's id on a `BudgetExceededError`. A run that returns
 * a stream is over when the stream is.
 */
export async function executeRun<Input, T>(
  services: RunServices,
  row: RunRow,
  fn: (run: Run<Input>, input: Input) => T | Promise<T>,
  options: ExecuteOptions,
): Promise<T> {
  const live = await begin(services, row, options);
  const { context } = live.openRun;
  const input = decode(row.input) as Input;
  const run = runHandle(services, live.openRun, row, input);
  let value: T;
  try {
    value = await withContext(context, async () => fn(run, input));
  } catch (error) {
    await fail(live, error);
    throw error;
  }
  const stream = followStream(value, {
    clock: services.clock,
    within: (part) => withContext(context, part),
    over: (error) => (error === undefined ? complete(live, undefined) : fail(live, error)),
  });
  if (stream !== undefined) return stream;
  await complete(live, resultText(services, row.id, value));
  return value;
}

/** A run that this process executes. */
interface LiveRun {
  readonly services: RunServices;
  readonly openRun: OpenRun;
  readonly rules: CheckpointRules;
  /** Stops the heartbeat, and listening to what is around the run. */
  readonly leave: () => void;
}

async function begin(services: RunServices, row: RunRow, options: ExecuteOptions): Promise<LiveRun> {
  const { id: runId, workflow, epoch } = row;
  const rules = options.checkpoints ?? {};
  const scope = new RunScope(row, services.client);
  // The heartbeat first: a long history must not make the run look dead while it is read.
  const stopHeartbeat = startHeartbeat(services, scope);
  try {
    const branch = epoch === 1 ? { lineage: new Lineage([]), steps: [] } : await loadBranch(services, row);
    const history = new RunHistory(services, scope, {
      row,
      lineage: branch.lineage,
      isStrict: rules.strict ?? false,
    });
    scope.history = history;
    scope.isReplaying = epoch > 1;
    const outer = currentContext();
    const budgetIds = [...new Set([...outer.budgetIds, ...row.budgetIds])];
    const context = { run: scope, step: undefined, agent: undefined, budgetIds, call: undefined };
    const openRun: OpenRun = { ...services, scope, context, history, steps: new StepBook(branch.steps) };
    const unfollow = follow(scope, [options.signal, outer.run?.closed]);
    const over = services.running.begin(scope);
    services.emitter.emit("run-start", { runId, workflow, epoch });
    const leave = () => {
      stopHeartbeat();
      unfollow();
      over();
    };
    return { services, openRun, rules, leave };
  } catch (error) {
    stopHeartbeat();
    throw error;
  }
}

async function complete(live: LiveRun, result: string | undefined): Promise<void> {
  const { scope } = live.openRun;
  scope.close(new RunOverError(scope.runId));
  try {
    reportUnused(live);
    await end(live, { status: "completed", result }, FLUSH_MS);
  } finally {
    live.leave();
  }
}

async function fail(live: LiveRun, error: unknown): Promise<void> {
  try {
    if (error instanceof RunSupersededError) return;
    live.openRun.scope.close(error);
    const flushMs = error instanceof StoreUnavailableError ? AWAY_FLUSH_MS : FLUSH_MS;
    await end(live, { status: statusOf(error), error: errorText(error) }, flushMs);
  } finally {
    live.leave();
  }
}

/** What was saved under names that the code does not use any more was paid for and is of no use. */
function reportUnused({ services, openRun }: LiveRun): void {
  const steps = openRun.steps.unused();
  if (steps.length === 0) return;
  const { runId, workflow } = openRun.scope;
  services.log.warn(
    `wflo: run ${runId} completed without coming past ${steps.length} of its saved steps (${steps.slice(0, 5).join(", ")}). ` +
      `Has the code of workflow ${workflow} changed since they were saved?`,
  );
  services.emitter.emit("steps-unused", { runId, steps });
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
async function end(live: LiveRun, how: RunEnd, flushMs: number): Promise<void> {
  const { status } = how;
  const { services } = live;
  const { scope } = live.openRun;
  const { tenant, database, outbox, emitter, log } = services;
  const { runId, workflow, epoch } = scope;
  await drainInTime(scope, services.clock, services.drainMs);
  let isOurs = true;
  try {
    await outbox.flush(flushMs);
    if (status === "failed" && live.rules.rollbackOnError) await goBack(live);
    isOurs = await database.runs.finish(tenant, { runId, epoch, ...how });
  } catch (failure) {
    // The work itself is done or has its own error: an end that could not be written leaves a stale run, which can be resumed.
    log.error(`wflo: the end of run ${runId} (${status}) could not be written.`, { error: failure });
  }
  if (!isOurs) throw scope.supersede();
  emitter.emit("run-end", { runId, workflow, status });
}

/** A failed run without a checkpoint has nothing to go back to. */
async function goBack({ openRun }: LiveRun): Promise<void> {
  if (openRun.scope.head !== undefined) await openRun.history.rollBack({});
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
function resultText(services: RunServices, runId: string, value: unknown): string | undefined {
  try {
    return encode(value, "the result");
  } catch (error) {
    services.log.warn(`wflo: run ${runId} is completed, but its result is not stored: ${String(error)}`);
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
