import type { BudgetDefinition, BudgetState, Database, LedgerStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

type OnExpiry = BudgetDefinition["onExpiry"];

/**
 * A store that takes holds as if their budgets said `pretend(budgets)` about expiry, where that is not
 * undefined.
 */
function pretending(
  name: string,
  breaks: string,
  pretend: (budgets: readonly BudgetState[]) => OnExpiry | undefined,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const reserve: LedgerStore["reserve"] = async (request) => {
        const budgets = await database.ledger.getBudgets(request.tenant, request.budgetIds);
        const onExpiry = pretend(budgets);
        if (onExpiry === undefined) return database.ledger.reserve(request);
        await define(database, request.tenant, budgets, onExpiry);
        const verdict = await database.ledger.reserve(request);
        await define(database, request.tenant, budgets, undefined);
        return verdict;
      };
      return withMethods(database, { ledger: { reserve } });
    },
  };
}

async function define(
  { ledger }: Database,
  tenant: string,
  budgets: readonly BudgetState[],
  onExpiry: OnExpiry | undefined,
): Promise<void> {
  for (const budget of budgets)
    await ledger.setBudget(tenant, { ...budget, onExpiry: onExpiry ?? budget.onExpiry });
}

/** Stores that treat the holds of dead processes wrongly. */
export const brokenExpiries: readonly BrokenStore[] = [
  pretending("releases on expiry", "charges an expired hold in full", (budgets) => {
    const [only, ...others] = budgets;
    return only?.onExpiry === "charge" && others.length === 0 ? "release" : undefined;
  }),
  pretending(
    "charges on expiry whatever the budget says",
    "releases an expired hold of a budget that says so",
    (budgets) => {
      return budgets.length === 1 && budgets[0]?.onExpiry === "release" ? "charge" : undefined;
    },
  ),
  pretending(
    "releases when any budget says release",
    "charges an expired hold when any of its budgets says charge",
    (budgets) => (budgets.some(({ onExpiry }) => onExpiry === "release") ? "release" : undefined),
  ),
  {
    name: "does not renew",
    breaks: "keeps a renewed hold open",
    wrap: (database) =>
      withMethods(database, {
        ledger: { renew: (tenant, _callIds, ttlMs) => database.ledger.renew(tenant, [], ttlMs) },
      }),
  },
  {
    name: "expires holds before their time",
    breaks: "leaves a hold alone until it expires",
    wrap: (database) =>
      withMethods(database, {
        ledger: { reserve: (request) => database.ledger.reserve({ ...request, ttlMs: request.ttlMs / 2 }) },
      }),
  },
  {
    name: "expires without a limit",
    breaks: "expires at most as many holds as asked",
    wrap: (database) => withMethods(database, { ledger: { expire: () => database.ledger.expire(1_000) } }),
  },
  {
    name: "never ends a doubt by hand",
    breaks: "calls an expired call doubtful until someone corrects it",
    wrap(database) {
      const listEntries: LedgerStore["listEntries"] = async (tenant, filter) => {
        const entries = await database.ledger.listEntries(tenant, filter);
        const isCorrected = entries.some(({ kind }) => kind === "correction");
        return entries.map((entry) =>
          isCorrected && entry.kind === "expire" ? { ...entry, inDoubt: true } : entry,
        );
      };
      return withMethods(database, { ledger: { listEntries } });
    },
  },
];
