import type { RunRow } from "../ports/run-store.ts";
import { CostBranches } from "./cost-branches.ts";
import { costBreakdown, type CostBreakdown } from "./cost-breakdown.ts";
import { lineOf } from "./run-branch.ts";
import type { RunServices } from "./run-services.ts";

/** More checkpoints than a run can have in practice. */
const MAX_CHECKPOINTS = 1_000_000;
const FLUSH_MS = 10_000;

/** What a run has cost, read from the ledger after this process's settles have reached it. */
export async function runCost(services: RunServices, run: RunRow): Promise<CostBreakdown> {
  const { outbox, database, tenant } = services;
  await outbox.flush(FLUSH_MS);
  const [groups, checkpoints, budgets] = await Promise.all([
    database.ledger.costs(tenant, run.id),
    database.checkpoints.list(tenant, { ...lineOf(run), limit: MAX_CHECKPOINTS }),
    database.ledger.getBudgets(tenant, run.budgetIds),
  ]);
  return costBreakdown(groups, new CostBranches(checkpoints, run.id), budgets);
}
