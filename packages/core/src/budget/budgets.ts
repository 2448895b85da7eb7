import { UnknownBudgetError } from "../errors/unknown-budget-error.ts";
import { pageSize } from "./page-size.ts";
import type { Discrepancy, LedgerStore } from "../ports/ledger-store.ts";
import { checkName } from "./check-name.ts";
import { budgetDefinition, budgetOf, type Budget, type BudgetInput } from "./budget.ts";

const DEFAULT_PAGE = 100;
/** Expired holds of dead processes closed before a budget is shown. */
const EXPIRE_AT_ONCE = 100;

/** `wflo.budgets`: what may be spent. */
export interface Budgets {
  /**
   * Creates a budget or replaces its caps and options; what is spent and reserved stays.
   * A cap lowered below what is spent and reserved cuts open streams, the youngest first, until the rest is covered; other open
   * calls finish.
   */
  set(input: BudgetInput): Promise<Budget>;
  get(id: string): Promise<Budget | undefined>;
  /** By ascending id; `after` goes on where a page ended. At most 1,000 a page, 100 by default. */
  list(page?: {
    readonly prefix?: string;
    readonly after?: string;
    readonly limit?: number;
  }): Promise<readonly Budget[]>;
  /** Lets no further call start, and cuts open streams; other open calls finish. Throws `UnknownBudgetError`. */
  pause(id: string): Promise<void>;
  /** Lets calls through again. Throws `UnknownBudgetError`. */
  resume(id: string): Promise<void>;
  /** Windows whose row is not what its entries and open holds add up to; there are none, unless somebody wrote to the tables. */
  reconcile(): Promise<readonly Discrepancy[]>;
}

/** `wflo.budgets` on a ledger; `onChange` is told of each budget that is not what it was. */
export function createBudgets(
  tenant: string,
  ledger: LedgerStore,
  onChange: (budgetId: string) => Promise<void>,
): Budgets {
  const setPaused = async (id: string, paused: boolean) => {
    checkName("A budget id", id);
    if (!(await ledger.setPaused(tenant, id, paused))) throw new UnknownBudgetError(id);
    await onChange(id);
  };
  return {
    async set(input) {
      const state = await ledger.setBudget(tenant, budgetDefinition(input));
      await onChange(input.id);
      return budgetOf(state);
    },
    async get(id) {
      checkName("A budget id", id);
      await ledger.expire(EXPIRE_AT_ONCE);
      const [state] = await ledger.getBudgets(tenant, [id]);
      return state && budgetOf(state);
    },
    async list({ prefix, after, limit } = {}) {
      await ledger.expire(EXPIRE_AT_ONCE);
      const states = await ledger.listBudgets(tenant, {
        prefix,
        after,
        limit: pageSize(limit, DEFAULT_PAGE),
      });
      return states.map(budgetOf);
    },
    pause: (id) => setPaused(id, true),
    resume: (id) => setPaused(id, false),
    reconcile: () => ledger.reconcile(tenant),
  };
}
