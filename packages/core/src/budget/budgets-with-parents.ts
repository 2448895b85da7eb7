import type { BudgetState } from "../ports/budget-state.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";

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
export function parentsOf(states: readonly BudgetState[]): readonly string[] {
  return [...new Set(states.flatMap(({ parent }) => parent ?? []))];
}
