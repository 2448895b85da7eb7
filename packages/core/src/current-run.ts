import { currentContext } from "./run/run-context.ts";
import type { RunScope } from "./run/run-scope.ts";

/** Where code is running: the run, step and agent around it. */
export interface CurrentRun {
  readonly id: string;
  readonly workflow: string;
  /** How often it was started, resumed ones included: what an earlier one still writes is out of date. */
  readonly epoch: number;
  readonly step: string | undefined;
  readonly agent: string | undefined;
  /** The budgets every call here is reserved on. */
  readonly budgetIds: readonly string[];
  readonly signal: AbortSignal;
  /** Aborts when no further call may start: the run's function has ended, and open calls are waited for. */
  readonly closed: AbortSignal;
}

/** The run around the caller, anywhere below its function; undefined outside of runs. */
export function currentRun(): CurrentRun | undefined {
  const { run, step, agent, budgetIds } = currentContext();
  return run && describe(run, step, agent, budgetIds);
}

function describe(
  run: RunScope,
  step: string | undefined,
  agent: string | undefined,
  budgetIds: readonly string[],
): CurrentRun {
  return {
    id: run.runId,
    workflow: run.workflow,
    epoch: run.epoch,
    step,
    agent,
    budgetIds,
    signal: run.signal,
    closed: run.closed,
  };
}
