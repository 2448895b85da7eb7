import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { UnknownBudgetError } from "../errors/unknown-budget-error.ts";
import { pageSize } from "./page-size.ts";
import { checkName } from "./check-name.ts";
import { budgetDefinition, budgetOf, type Budget, type BudgetInput } from "./budget.ts";
import {
  defaultDefinition,
  defaultOf,
  prefixOf,
  type BudgetDefault,
  type BudgetDefaultInput,
} from "./budget-default.ts";
import { reconcile, type Reconciliation } from "./reconcile.ts";
import type { SettleOutbox } from "./settle-outbox.ts";
import { checkOptions } from "./check-options.ts";
import { TOP_UP, topUp, type TopUp } from "./top-up.ts";
import { makeBudget, type BudgetMaking } from "./make-budget.ts";

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 10_000;
/** Expired holds of dead processes closed before a budget is shown. */
const EXPIRE_AT_ONCE = 100;

/** Which budgets are listed. */
export interface BudgetPage {
  readonly prefix?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** `wflo.budgets`: what may be spent. */
export interface Budgets {
  /**
   * Creates a budget or replaces its caps and options; what is spent and reserved stays. Without `parent` it has none from then on; calls that
   * are open settle where they were held.
   * A cap lowered below what is spent and reserved cuts open streams, the youngest first, until the rest is covered; other open
   * calls finish.
   */
  set(input: BudgetInput): Promise<Budget>;
  get(id: string): Promise<Budget | undefined>;
  /** By ascending id, in one query; `after` goes on where a page ended. At most 10,000 a page, 100 by default. */
  list(page?: BudgetPage): Promise<readonly Budget[]>;
  /**
   * What budgets are made of that nobody set: when a call first names one whose id begins like `match`, it is made with these caps, once, and
   * `budget-created` tells of it. Of several defaults the one with the longest prefix counts. Budgets that are there, set or made, stay as they are.
   */
  setDefault(input: BudgetDefaultInput): Promise<BudgetDefault>;
  /** By ascending prefix; `after`, a match, goes on where a page ended. At most 1,000 a page, 100 by default. */
  defaults(page?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly BudgetDefault[]>;
  /** False when there is no default of this match. Budgets that were made from it stay. */
  removeDefault(match: string): Promise<boolean>;
  /**
   * Lets no further call start, and cuts open streams; other open calls finish. One that only a default stands for is made first. Throws
   * `UnknownBudgetError`.
   */
  pause(id: string): Promise<void>;
  /**
   * Raises a cap to an amount; never lowers it. Of a day or a month only the open window is raised: the next one begins with the ordinary cap. A
   * total is raised for good. `window` may be left out when the budget has but one cap. `set` ends a top-up. Throws `UnknownBudgetError`,
   * `InvalidOptionError` and `InvalidAmountError`.
   */
  topUp(id: string, wish: TopUp): Promise<Budget>;
  /** Lets calls through again. Throws `UnknownBudgetError`. */
  resume(id: string): Promise<void>;
  /**
   * Proves in one consistent read that every row is what its entries and open holds add up to, once this process's settles have reached the ledger,
   * and lists the calls in doubt.
   */
  reconcile(): Promise<Reconciliation>;
}

/** `wflo.budgets` on a ledger; `onChange` is told of each budget that is not what it was. */
export function createBudgets(
  services: BudgetMaking & { readonly outbox: SettleOutbox },
  onChange: (budgetId: string) => Promise<void>,
): Budgets {
  const { tenant, ledger } = services;
  const setPaused = async (id: string, paused: boolean) => {
    checkName("A budget id", id);
    if (!(await ledger.setPaused(tenant, id, paused))) {
      // Somebody who has not made a call yet is to be stopped too.
      if ((await makeBudget(services, id)) === undefined) throw new UnknownBudgetError(id);
      await ledger.setPaused(tenant, id, paused);
    }
    await onChange(id);
  };
  const makeParent = async ({ parent }: { readonly parent?: string | undefined }) => {
    if (parent !== undefined) await makeBudget(services, parent);
  };
  return {
    async set(input) {
      const definition = budgetDefinition(input);
      await makeParent(definition);
      const state = await ledger.setBudget(tenant, definition);
      await onChange(input.id);
      return budgetOf(state);
    },
    async get(id) {
      checkName("A budget id", id);
      await ledger.expire(EXPIRE_AT_ONCE);
      const [state] = await ledger.getBudgets(tenant, [id]);
      return state && budgetOf(state);
    },
    list: (page) => listBudgets(services, page),
    async setDefault(input) {
      const definition = defaultDefinition(input);
      await makeParent(definition);
      await ledger.setDefault(tenant, definition);
      return defaultOf(definition);
    },
    async defaults(page) {
      const { after, limit } = checkOptions("The page of defaults", page, { after: true, limit: true });
      const from = after === undefined ? undefined : prefixOf(after);
      const found = await ledger.listDefaults(tenant, { after: from, limit: pageSize(limit, DEFAULT_PAGE) });
      return found.map(defaultOf);
    },
    removeDefault: async (match) => ledger.removeDefault(tenant, prefixOf(match)),
    async topUp(id, wish) {
      const verdict = await topUp(
        services,
        id,
        checkOptions("The options of a top-up", wish, TOP_UP) as TopUp,
      );
      switch (verdict.code) {
        case "raised":
          await onChange(id);
          return budgetOf(verdict.budget);
        case "missing":
          throw new UnknownBudgetError(id);
        case "unfit":
          throw new InvalidOptionError(verdict.why);
      }
    },
    pause: (id) => setPaused(id, true),
    resume: (id) => setPaused(id, false),
    reconcile: () => reconcile(services, services.outbox),
  };
}

async function listBudgets(
  { tenant, ledger }: BudgetMaking,
  page: BudgetPage | undefined,
): Promise<readonly Budget[]> {
  const names = { prefix: true, after: true, limit: true } as const;
  const { prefix, after, limit } = checkOptions("The page of budgets", page, names);
  await ledger.expire(EXPIRE_AT_ONCE);
  const most = pageSize(limit, DEFAULT_PAGE, LARGEST_PAGE);
  return (await ledger.listBudgets(tenant, { prefix, after, limit: most })).map(budgetOf);
}
