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
  const states = await ledger.getBudgets(tenant, ids);
  if (states.length === ids.length) return states;
  const there = new Map(states.map((state) => [state.id, state]));
  const making = { tenant, ledger, emitter };
  const all = await Promise.all(ids.map(async (id) => there.get(id) ?? makeBudget(making, id)));
  return all.filter((state) => state !== undefined);
}
