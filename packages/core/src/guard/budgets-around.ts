import { budgetsWithParents } from "../budget/budgets-with-parents.ts";
import { currentContext } from "../run/run-context.ts";
import type { DoorSettings } from "./door-settings.ts";

/** For adapters: the ids of the budgets on which every call that is made here is reserved, those above them included. */
export async function budgetsAround({ ledger, tenant }: DoorSettings): Promise<readonly string[]> {
  const { budgetIds } = currentContext();
  const budgets = await budgetsWithParents(ledger, tenant, budgetIds);
  return [...new Set([...budgetIds, ...budgets.map(({ id }) => id)])];
}
