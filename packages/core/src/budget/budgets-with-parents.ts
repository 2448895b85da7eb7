import type { BudgetState } from "../ports/budget-state.ts";
import type { LedgerStore, ReserveRequest } from "../ports/ledger-store.ts";

/** These budgets, as far as they are there, and all above them. */
export async function budgetsWithParents(
  ledger: Pick<LedgerStore, "getBudgets">,
  tenant: string,
  ids: readonly string[],
): Promise<readonly BudgetState[]> {
  const found = new Map<string, BudgetState>();
  for (let wanted = ids; wanted.length > 0;) {
    const states = await ledger.getBudgets(tenant, wanted);
    for (const state of states) found.set(state.id, state);
    wanted = parentsOf(states).filter((id) => !found.has(id));
  }
  return [...found.values()];
}

/** The budgets right above these. */
export function parentsOf(budgets: readonly Pick<BudgetState, "parent">[]): readonly string[] {
  return [...new Set(budgets.flatMap(({ parent }) => parent ?? []))];
}

/** Whether a call on these budgets, and no others, names every parent of them, and none as inherited that is not one. */
export function hasParents(
  budgets: readonly Pick<BudgetState, "parent">[],
  { budgetIds, inherited = [] }: Pick<ReserveRequest, "budgetIds" | "inherited">,
): boolean {
  const parents = parentsOf(budgets);
  return parents.every((id) => budgetIds.includes(id)) && inherited.every((id) => parents.includes(id));
}
