import { budgetsWithParents } from "../budget/budgets-with-parents.ts";
import { makeBudget } from "../budget/make-budget.ts";
import type { BudgetState } from "../ports/budget-state.ts";
import type { RunRow } from "../ports/run-store.ts";
import { CostBranches } from "./cost-branches.ts";
import { costBreakdown, type CostBreakdown } from "./cost-breakdown.ts";
import { lineOf } from "./run-branch.ts";
import type { RunServices } from "./run-services.ts";

/** More checkpoints than a run can have in practice. */
const MAX_CHECKPOINTS = 1_000_000;
const FLUSH_MS = 10_000;

/**
 * What a run has cost, read from the ledger after this process's settles have reached it. A budget of it that only a default stands for is made, as
 * its first call would.
 */
export async function runCost(services: RunServices, run: RunRow): Promise<CostBreakdown> {
  const { outbox, database, tenant } = services;
  await outbox.flush(FLUSH_MS);
  const [groups, checkpoints, budgets] = await Promise.all([
    database.ledger.costs(tenant, run.id),
    database.checkpoints.list(tenant, { ...lineOf(run), limit: MAX_CHECKPOINTS }),
    budgetsOf(services, run.budgetIds),
  ]);
  return costBreakdown(groups, new CostBranches(checkpoints, run.id), budgets);
}

async function budgetsOf(
  { tenant, emitter, database: { ledger } }: RunServices,
  ids: readonly string[],
): Promise<readonly BudgetState[]> {
  const states = await budgetsWithParents(ledger, tenant, ids);
  const missing = ids.filter((id) => !states.some((state) => state.id === id));
  if (missing.length === 0) return states;
  const making = { tenant, ledger, emitter };
  await Promise.all(missing.map((id) => makeBudget(making, id)));
  return budgetsWithParents(ledger, tenant, ids);
}
