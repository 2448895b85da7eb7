import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { noParent, parentCircle } from "../budget/parent-refusals.ts";
import type { BudgetParent, ReserveRequest } from "../ports/ledger-store.ts";
import { byteOrder } from "./byte-order.ts";
import type { MemoryTenant } from "./memory-tenant.ts";

/** Every parent above the budgets that a call was made on, by ascending budget. */
export function parentsAbove(
  tenant: MemoryTenant,
  { budgetIds, inherited = [] }: ReserveRequest,
): readonly BudgetParent[] {
  const found = new Map<string, string>();
  for (const named of budgetIds) {
    if (inherited.includes(named)) continue;
    let id = named;
    let parent = tenant.budgets.get(id)?.parent;
    while (parent !== undefined && !found.has(id)) {
      found.set(id, parent);
      id = parent;
      parent = tenant.budgets.get(id)?.parent;
    }
  }
  return [...found]
    .toSorted(([a], [b]) => byteOrder(a, b))
    .map(([budgetId, parent]) => ({ budgetId, parent }));
}

/** Throws `InvalidOptionError` for a parent that is not there, or that has the budget `id` above it. `what` begins the sentence. */
export function checkParent(
  { budgets }: MemoryTenant,
  what: string,
  { id, parent }: { readonly id?: string | undefined; readonly parent?: string | undefined },
): void {
  if (parent === undefined) return;
  for (let above: string | undefined = parent; above !== undefined; above = budgets.get(above)?.parent)
    if (above === id) throw new InvalidOptionError(parentCircle(what, parent));
  if (!budgets.has(parent)) throw new InvalidOptionError(noParent(what, parent));
}
