import { checkOptions } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import type { CheckpointChoice } from "../checkpoint/lineage.ts";
import { usd } from "../money/money.ts";
import type { RunRow } from "../ports/run-store.ts";
import { checkLists } from "./check-lists.ts";
import type { RunHistory } from "./run-history.ts";
import type { RunServices } from "./run-services.ts";
import { runBudgetId } from "./run-budget.ts";
import type { ForkOptions } from "./run.ts";

/** The run that is forked. `isLive`: by the process that executes it, and by no other that has taken it over. */
interface ForkedRun {
  readonly row: RunRow;
  readonly history: RunHistory;
  readonly isLive: boolean;
}

/**
 * Makes a paused run that begins where a checkpoint of another left off. Throws `UnknownCheckpointError`, `InvalidOptionError`,
 * `RunSupersededError`.
 */
export async function forkRun(
  services: RunServices,
  { row, history, isLive }: ForkedRun,
  choice: CheckpointChoice,
  given: ForkOptions | undefined,
): Promise<{ readonly runId: string }> {
  const { tenant, database, ids } = services;
  const options: ForkOptions = checkOptions("The options of a fork", given, { budget: true, tags: true });
  checkLists({ tags: options.tags });
  const tags = options.tags ?? row.tags;
  for (const tag of tags) checkName("A tag", tag);
  const id = ids.next();
  const total = options.budget === undefined ? await capOf(services, row.id) : usd(options.budget).nanoUsd;
  const own = { id: runBudgetId(id), totalNanoUsd: total ?? 0n };
  const others = row.budgetIds.filter((budgetId) => budgetId !== runBudgetId(row.id));
  const target = await history.forkInto(id, choice, isLive);
  await database.runs.create(tenant, {
    id,
    workflow: row.workflow,
    input: row.input,
    budgetIds: total === undefined ? others : [...others, own.id],
    ownBudget: total === undefined ? undefined : own,
    tags,
    traceId: row.traceId,
    threadId: row.threadId,
    forkedFrom: { runId: row.id, checkpointId: target.id },
  });
  return { runId: id };
}

async function capOf({ database, tenant }: RunServices, runId: string): Promise<bigint | undefined> {
  const [budget] = await database.ledger.getBudgets(tenant, [runBudgetId(runId)]);
  return budget?.caps.total;
}
