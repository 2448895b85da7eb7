import { checkOptions, type OptionNames } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import type { TopUp } from "../budget/top-up.ts";
import { encode } from "../checkpoint/codec.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { RunAliveError } from "../errors/run-alive-error.ts";
import { RunNotResumableError } from "../errors/run-not-resumable-error.ts";
import { UnknownRunError } from "../errors/unknown-run-error.ts";
import { usd, type MoneyInput } from "../money/money.ts";
import { isUuid } from "../ports/ids.ts";
import type { RunRow } from "../ports/run-store.ts";
import { checkLists } from "./check-lists.ts";
import { checkSignal } from "./check-signal.ts";
import type { CheckpointRules } from "./checkpoint-rules.ts";
import { executeRun } from "./execute-run.ts";
import { runBudgetId } from "./run-budget.ts";
import { currentContext } from "./run-context.ts";
import type { RunServices } from "./run-services.ts";
import { savable } from "./framework-value.ts";
import { topUpRun } from "./top-up-run.ts";
import { functionOf, type WorkflowFunction, type WorkflowTarget } from "./workflow-target.ts";

/** Caps that every run of a workflow gets. */
export interface Caps {
  /** The most one run may cost. */
  readonly budget?: MoneyInput | undefined;
  /** Budgets that exist, on which every call of a run is reserved as well. */
  readonly budgets?: readonly string[] | undefined;
}

/** What holds for every run of a workflow. */
export interface WorkflowOptions extends Caps {
  readonly checkpoints?: CheckpointRules | undefined;
}

/** How one run is started. */
export interface RunOptions extends Caps {
  /** An id of your own, a UUID, for starting a run once only. */
  readonly runId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** 32 hexadecimal digits, as W3C trace context has them. Default: that of the run around, else the run's id. */
  readonly traceId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a run of a function without a workflow is started. */
export interface AdhocOptions extends RunOptions, WorkflowOptions {
  /** Of its workflow. Default `run`. */
  readonly name?: string | undefined;
}

/** How a run is gone on with. */
export interface ResumeOptions {
  /** Raises a cap first: absolute, never lowers. The run's own total cap unless another budget or window is named. */
  readonly topUp?: (TopUp & { readonly budget?: string | undefined }) | undefined;
  /** What an interrupted run waits for, such as somebody's decision: its function finds it as `run.answer`. */
  readonly answer?: unknown;
  /** Resumes although another process still executes the run; that one is stopped. */
  readonly takeOver?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A function with a name, so that any process that has the code can resume its runs. */
export interface Workflow<Input, T> {
  readonly name: string;
  /**
   * Starts a run. Returns the function's value; throws its error, `BudgetExceededError` when the run is paused for money,
   * `RunInterruptedError` when it is paused until somebody answers, `ClientClosedError` after `close`.
   */
  run(input: Input, options?: RunOptions): Promise<T>;
  /** The same as `run`. */
  execute(input: Input, options?: RunOptions): Promise<T>;
  /**
   * Goes on with a run where it stopped, with its stored input; saved steps are not run again. Throws `UnknownRunError`,
   * `RunAliveError`, `RunNotResumableError`, and what `run` throws.
   */
  resume(runId: string, options?: ResumeOptions): Promise<T>;
}

const WORKFLOW_OPTIONS: OptionNames<WorkflowOptions> = {
  budget: true,
  budgets: true,
  checkpoints: true,
};
const RUN_OPTIONS: OptionNames<RunOptions> = {
  budget: true,
  budgets: true,
  runId: true,
  tags: true,
  traceId: true,
  signal: true,
};
const RESUME_OPTIONS: OptionNames<ResumeOptions> = {
  topUp: true,
  answer: true,
  takeOver: true,
  signal: true,
};
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

/** Makes a workflow of a client. Throws `InvalidOptionError` and `InvalidAmountError`. */
export function createWorkflow<Input, T>(
  services: RunServices,
  name: string,
  target: WorkflowTarget<Input, T>,
  options?: WorkflowOptions,
): Workflow<Input, T> {
  checkName("The name of a workflow", name);
  const { checkpoints, ...defaults } = checkOptions("The options of a workflow", options, WORKFLOW_OPTIONS);
  checkLists({ budgets: defaults.budgets });
  if (defaults.budget !== undefined) usd(defaults.budget);
  const fn = functionOf(name, target);
  const run = async (input: Input, given?: RunOptions) => {
    const options = checkOptions("The options of a run", given, RUN_OPTIONS);
    checkLists({ budgets: options.budgets, tags: options.tags });
    checkSignal(options.signal);
    const budgets = [...(defaults.budgets ?? []), ...(options.budgets ?? [])];
    refuseWhenClosed(services);
    const stored = await savable(fn.codec, input, "the input");
    const row = await startRun(services, name, stored, { ...defaults, ...options, budgets });
    return executeRun(services, row, fn, { checkpoints, signal: options.signal });
  };
  return {
    name,
    run,
    execute: run,
    async resume(runId, given) {
      const options: ResumeOptions = checkOptions("The options of a resume", given, RESUME_OPTIONS);
      refuseWhenClosed(services);
      const { signal, answer } = options;
      checkSignal(signal);
      const row = await claimRun(services, name, runId, options);
      return executeRun(services, row, fn, { checkpoints, signal, answer });
    },
  };
}

/** A run within a run is part of what `close` waits for. */
function refuseWhenClosed({ closed }: RunServices): void {
  if (currentContext().run === undefined) closed.throwIfAborted();
}

/** Runs a function that no process can resume unless it makes a workflow of that name. */
export async function runAdhoc<T>(
  services: RunServices,
  given: AdhocOptions,
  fn: WorkflowFunction<undefined, T>,
): Promise<T> {
  const names = { ...RUN_OPTIONS, ...WORKFLOW_OPTIONS, name: true } as const;
  const { name = "run", checkpoints, ...rest } = checkOptions("The options of a run", given, names);
  return createWorkflow<undefined, T>(services, name, fn, { checkpoints }).run(undefined, rest);
}

async function startRun(
  services: RunServices,
  workflow: string,
  input: unknown,
  options: RunOptions,
): Promise<RunRow> {
  const { tenant, database, ids } = services;
  const id = options.runId ?? ids.next();
  if (!isUuid(id)) throw new InvalidOptionError(`runId must be a lower-case UUID, not "${id}".`);
  for (const tag of options.tags ?? []) checkName("A tag", tag);
  const traceId = options.traceId ?? currentContext().run?.traceId ?? id.replaceAll("-", "");
  if (!TRACE_ID.test(traceId)) {
    throw new InvalidOptionError(`traceId must be 32 lower-case hexadecimal digits, not "${traceId}".`);
  }
  const text = encode(input, "the input");
  const budgetIds = [...currentContext().budgetIds, ...(options.budgets ?? [])];
  const total = options.budget === undefined ? undefined : usd(options.budget).nanoUsd;
  if (total !== undefined) budgetIds.push(runBudgetId(id));
  const row = {
    id,
    workflow,
    input: text,
    budgetIds: [...new Set(budgetIds)],
    tags: options.tags ?? [],
    traceId,
    threadId: id,
  };
  const ownBudget = total === undefined ? undefined : { id: runBudgetId(id), totalNanoUsd: total };
  if (!(await database.runs.create(tenant, { ...row, ownBudget }))) {
    throw new RunNotResumableError(id, `it exists already. Go on with it by resume("${id}").`);
  }
  const now = new Date(services.clock.now());
  const times = { createdAt: now, heartbeatAt: now, endedAt: undefined };
  return { ...row, ...times, status: "running", stale: false, epoch: 1, result: undefined, error: undefined };
}

async function claimRun(
  services: RunServices,
  workflow: string,
  runId: string,
  options: ResumeOptions,
): Promise<RunRow> {
  const { tenant, database } = services;
  const row = isUuid(runId) ? await database.runs.get(tenant, runId) : undefined;
  if (!row) throw new UnknownRunError(runId);
  if (row.workflow !== workflow) {
    throw new RunNotResumableError(runId, `it belongs to workflow ${row.workflow}, not to ${workflow}.`);
  }
  if (row.status === "completed") throw completed(runId);
  const isAlive = row.status === "running" && !row.stale && options.takeOver !== true;
  if (isAlive) throw new RunAliveError(runId, services.clock.now() - row.heartbeatAt.getTime());
  if (options.topUp) await topUpRun(services, row, options.topUp);
  const verdict = await database.runs.claim(tenant, runId, { takeOver: options.takeOver === true });
  switch (verdict.code) {
    case "claimed":
      return verdict.run;
    case "alive":
      throw new RunAliveError(runId, verdict.heartbeatAgoMs);
    case "completed":
      throw completed(runId);
    case "unknown":
      throw new UnknownRunError(runId);
  }
}

function completed(runId: string): RunNotResumableError {
  return new RunNotResumableError(
    runId,
    `it is completed. Its result: (await wflo.runs.get("${runId}")).result.`,
  );
}
