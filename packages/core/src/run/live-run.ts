import { askAgain } from "../checkpoint/ask-again.ts";
import type { RunRow } from "../ports/run-store.ts";
import type { CheckpointRules } from "./checkpoint-rules.ts";
import { startHeartbeat } from "./heartbeat.ts";
import type { OpenRun } from "./open-run.ts";
import { emptyBranch, loadBranch } from "./run-branch.ts";
import { currentContext } from "./run-context.ts";
import { RunHistory } from "./run-history.ts";
import { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";

/** The run is claimed: what it has saved is asked for again before it is left `running` without anybody who executes it. */
const PATIENCE = { attempts: 6, firstPauseMs: 200 };

/** How a run is executed. */
export interface ExecuteOptions {
  readonly signal: AbortSignal | undefined;
  readonly checkpoints: CheckpointRules | undefined;
  /** What the run was waiting for, if it was interrupted and is gone on with. */
  readonly answer?: unknown;
}

/** A run that this process executes. */
export interface LiveRun {
  readonly services: RunServices;
  readonly openRun: OpenRun;
  readonly rules: CheckpointRules;
  /** Stops the heartbeat, and listening to what is around the run. */
  readonly leave: () => void;
}

/** Opens a run that this process has claimed: its history, its saved steps, its heartbeat. */
export async function openLiveRun(
  services: RunServices,
  row: RunRow,
  options: ExecuteOptions,
): Promise<LiveRun> {
  const { id: runId, workflow, epoch } = row;
  const rules = options.checkpoints ?? {};
  const scope = new RunScope(row, services.client);
  // The heartbeat first: a long history must not make the run look dead while it is read.
  const stopHeartbeat = startHeartbeat(services, scope);
  try {
    const load = () => loadBranch(services, row);
    const branch = epoch === 1 ? emptyBranch() : await askAgain(services.clock, PATIENCE, load);
    const history = new RunHistory(services, scope, {
      row,
      branch,
      isStrict: rules.strict ?? false,
    });
    scope.history = history;
    const outer = currentContext();
    scope.outer = outer;
    const budgetIds = [...new Set([...outer.budgetIds, ...row.budgetIds])];
    const context = {
      run: scope,
      step: undefined,
      agent: undefined,
      budgetIds,
      call: undefined,
      client: undefined,
      place: undefined,
      witness: undefined,
    };
    const openRun: OpenRun = { ...services, scope, context, history };
    const unfollow = follow(scope, [options.signal, outer.run?.closed]);
    const over = services.running.begin(scope, stopHeartbeat);
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
