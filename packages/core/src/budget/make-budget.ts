import type { BudgetState } from "../ports/budget-state.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Emitter } from "../telemetry/emitter.ts";
import { decimalCaps, matchOf } from "./budget-default.ts";
import { isName } from "./check-name.ts";

/** What it takes to make budgets on first use. */
export interface BudgetMaking {
  readonly tenant: string;
  readonly ledger: LedgerStore;
  readonly emitter: Emitter;
}

/**
 * The budget, made from the default that its id matches if nobody set it, which `budget-created` tells. Undefined when there is neither, and for
 * an id that `budgets.set` would not take.
 */
export async function makeBudget(
  { tenant, ledger, emitter }: BudgetMaking,
  budgetId: string,
): Promise<BudgetState | undefined> {
  if (!isName(budgetId)) return undefined;
  const made = await ledger.createFromDefault(tenant, budgetId);
  if (made?.madeFrom !== undefined) {
    const { caps } = made.budget;
    emitter.emit("budget-created", { budgetId, match: matchOf(made.madeFrom), caps: decimalCaps(caps) });
  }
  return made?.budget;
}

/** Reserves; budgets that are missing and match a default are made first. A reserve that misses none takes no step more. */
export function reserveMakingBudgets(making: BudgetMaking): LedgerStore["reserve"] {
  const { ledger } = making;
  return async (request) => {
    let verdict = await ledger.reserve(request);
    for (let made = 0; verdict.code === "missing" && made < request.budgetIds.length; made += 1) {
      if ((await makeBudget(making, verdict.budgetId)) === undefined) return verdict;
      verdict = await ledger.reserve(request);
    }
    return verdict;
  };
}
