import { askAgain, type Patience } from "../checkpoint/ask-again.ts";
import { encode } from "../checkpoint/codec.ts";
import { errorWithin } from "../errors/error-within.ts";
import { budgetExceededIn } from "../errors/is-budget-exceeded.ts";
import { RunOverError } from "../errors/run-over-error.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import type { RunStatus } from "../ports/run-store.ts";
import { drainRun } from "./drain-run.ts";
import { errorText } from "./error-text.ts";
import type { LiveRun } from "./live-run.ts";
import { pauseWithin } from "./pause-within.ts";
import type { RunServices } from "./run-services.ts";

const SETTLE_MS = 30_000;
/** How the store is asked to write the end. */
const PATIENCE = { attempts: 6, firstPauseMs: 200 };
/** The same for a run that ends because the database is away. */
const AWAY_SETTLE_MS = 1_000;
const AWAY_PATIENCE = { attempts: 2, firstPauseMs: 200 };

/** The run's function has returned: `result` is stored if it can be. Throws `RunSupersededError`. */
export async function completeRun(live: LiveRun, value: unknown): Promise<void> {
  const { scope } = live.openRun;
  scope.close(new RunOverError(scope.runId));
  try {
    reportUnused(live);
    await end(live, { status: "completed", result: resultText(live, value) }, ITSELF);
  } finally {
    live.leave();
  }
}

/**
 * The run's function has thrown: the run is paused when money ran out, an answer is awaited, or the client is closed, also where an SDK has
 * wrapped that; else it is failed.
 */
export async function failRun(live: LiveRun, error: unknown): Promise<void> {
  try {
    const { scope } = live.openRun;
    // That of a run inside this one is an error like any other.
    if (error instanceof RunSupersededError && error.runId === scope.runId) return;
    scope.close(error);
    nameRun(error, scope.runId);
    const status = pauseWithin(error) === undefined ? "failed" : "paused";
    const isRefused = status === "paused" && !has(error, "WFLO_CLIENT_CLOSED");
    const isAway = has(error, "WFLO_STORE_UNAVAILABLE");
    await end(live, { status, error: errorText(error) }, { isRefused, isAway });
  } finally {
    live.leave();
  }
}

/** What was saved under names that the code does not use any more was paid for and is of no use. */
function reportUnused({ services, openRun }: LiveRun): void {
  const steps = openRun.history.steps.unused();
  if (steps.length === 0) return;
  const { runId, workflow } = openRun.scope;
  services.log.warn(
    `wflo: run ${runId} completed without coming past ${steps.length} of its saved steps (${steps.slice(0, 5).join(", ")}). ` +
      `Has the code of workflow ${workflow} changed since they were saved?`,
  );
  services.emitter.emit("steps-unused", { runId, steps });
}

interface RunEnd {
  readonly status: Exclude<RunStatus, "running">;
  readonly result?: string | undefined;
  readonly error?: string | undefined;
}

/** Why a run ends. */
interface EndCause {
  /** For want of money or of an answer: calls in steps are worth waiting for. */
  readonly isRefused: boolean;
  /** Because the database could not be reached, which is not waited for long. */
  readonly isAway: boolean;
}
const ITSELF: EndCause = { isRefused: false, isAway: false };

/** No further call starts, open calls finish, their settles are acknowledged, then the status is written. */
async function end(live: LiveRun, how: RunEnd, { isRefused, isAway }: EndCause): Promise<void> {
  const { status } = how;
  const { services } = live;
  const { scope } = live.openRun;
  const { tenant, database, outbox, emitter, log, clock } = services;
  const { runId, workflow, epoch } = scope;
  // It was paused when its client closed.
  if (services.running.isStopped) return;
  await drainRun(live.openRun, { drainMs: services.drainMs, isRefused });
  let isOurs = true;
  try {
    await outbox.until(scope.settling, isAway ? AWAY_SETTLE_MS : SETTLE_MS);
    if (status === "failed") await goBack(live);
    scope.isEnding = true;
    const finish = () => database.runs.finish(tenant, { runId, epoch, ...how });
    isOurs = await askAgain(clock, patienceOf(services, isAway), finish);
  } catch (failure) {
    // The work itself is done or has its own error: an end that could not be written leaves a stale run, which can be resumed.
    log.error(`wflo: the end of run ${runId} (${status}) could not be written.`, { error: failure });
  }
  if (!isOurs) throw scope.supersede();
  emitter.emit("run-end", { runId, workflow, status });
}

/** An end that comes after its client was closed has no database to wait for. */
function patienceOf({ running }: RunServices, isAway: boolean): Patience {
  if (running.isStopped) return { ...AWAY_PATIENCE, attempts: 1 };
  return isAway ? AWAY_PATIENCE : PATIENCE;
}

/** A failed run without a checkpoint has nothing to go back to; one that cannot go back is still failed. */
async function goBack({ openRun, services, rules }: LiveRun): Promise<void> {
  if (openRun.scope.head === undefined) return;
  try {
    if (rules.rollbackOnError) await openRun.history.rollBack({});
    else await openRun.history.fail();
  } catch (error) {
    services.log.error(`wflo: run ${openRun.scope.runId} could not be rolled back.`, { error });
  }
}

function has(error: unknown, code: string): boolean {
  return errorWithin(error, [code]) !== undefined;
}

/** A refusal names the run that its caller resumes: of runs inside each other, that of each caller its own. */
function nameRun(error: unknown, runId: string): void {
  const refusal = budgetExceededIn(error);
  // It may be frozen, or a copy of somebody else's.
  if (refusal !== undefined) Reflect.set(refusal, "runId", runId);
}

/** A result that cannot be saved is still the caller's: the run completes without a stored result. */
function resultText({ services, openRun }: LiveRun, value: unknown): string | undefined {
  try {
    return encode(value, "the result");
  } catch (error) {
    services.log.warn(
      `wflo: run ${openRun.scope.runId} is completed, but its result is not stored: ${String(error)}`,
    );
    return undefined;
  }
}
