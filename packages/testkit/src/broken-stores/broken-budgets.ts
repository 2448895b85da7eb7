import type { BudgetState, Database, LedgerStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

const TENANT = "acme";
const THIRTY_DAYS_MS = 30 * 86_400_000;

const mixesTenants: BrokenStore = {
  name: "mixes tenants",
  breaks: "keeps the budgets and calls of tenants with the same ids apart",
  wrap(database) {
    const { ledger } = database;
    const tenantOf = (tenant: string) => (tenant === "globex" ? TENANT : tenant);
    return withMethods(database, {
      ledger: {
        setBudget: (tenant, budget) => ledger.setBudget(tenantOf(tenant), budget),
        getBudgets: (tenant, ids) => ledger.getBudgets(tenantOf(tenant), ids),
        reserve: (request) => ledger.reserve({ ...request, tenant: tenantOf(request.tenant) }),
        settle: (tenant, settlements) => ledger.settle(tenantOf(tenant), settlements),
        listEntries: (tenant, filter) => ledger.listEntries(tenantOf(tenant), filter),
      },
    });
  },
};

/** A store that answers `setBudget` with the old state where `isIgnored` says so. */
function deafTo(
  name: string,
  breaks: string,
  isIgnored: (old: BudgetState, total: bigint) => boolean,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const setBudget: LedgerStore["setBudget"] = async (tenant, budget) => {
        const [old] = await database.ledger.getBudgets(tenant, [budget.id]);
        const { total } = budget.caps;
        if (old !== undefined && total !== undefined && isIgnored(old, total)) return old;
        return database.ledger.setBudget(tenant, budget);
      };
      return withMethods(database, { ledger: { setBudget } });
    },
  };
}

async function redefine(database: Database, tenant: string, id: string, caps: BudgetState["caps"]) {
  const [old] = await database.ledger.getBudgets(tenant, [id]);
  if (old === undefined) return undefined;
  return database.ledger.setBudget(tenant, { ...old, caps: { ...old.caps, ...caps } });
}

/** Stores that treat budgets, caps and windows wrongly. */
export const brokenBudgets: readonly BrokenStore[] = [
  mixesTenants,
  deafTo(
    "keeps the old cap of an open window when it is raised",
    "brings a raised cap to the open window at once",
    (old, total) => total > (old.caps.total ?? total),
  ),
  deafTo(
    "keeps the old cap of an open window when it is lowered",
    "brings a lowered cap to the open window and touches no hold",
    (old, total) => total < (old.caps.total ?? total),
  ),
  {
    name: "resumes a budget that is defined anew",
    breaks: "keeps a budget paused when it is defined anew",
    wrap(database) {
      const setBudget: LedgerStore["setBudget"] = async (tenant, budget) => {
        await database.ledger.setPaused(tenant, budget.id, false);
        return database.ledger.setBudget(tenant, budget);
      };
      return withMethods(database, { ledger: { setBudget } });
    },
  },
  {
    name: "lowers a cap that is to be raised",
    breaks: "never lowers a cap that is to be raised",
    wrap(database) {
      const raiseCap: LedgerStore["raiseCap"] = async (tenant, id, window, toNanoUsd) => {
        const raised = await database.ledger.raiseCap(tenant, id, window, toNanoUsd);
        const cap = raised?.caps[window];
        return cap !== undefined && cap > toNanoUsd
          ? redefine(database, tenant, id, { [window]: toNanoUsd })
          : raised;
      };
      return withMethods(database, { ledger: { raiseCap } });
    },
  },
  {
    name: "raises the cap of a day for ever",
    breaks: "raises the cap of a day for the open window only",
    wrap(database) {
      const raiseCap: LedgerStore["raiseCap"] = async (tenant, id, window, toNanoUsd) => {
        const raised = await database.ledger.raiseCap(tenant, id, window, toNanoUsd);
        if (window !== "day" || raised === undefined) return raised;
        return redefine(database, tenant, id, { day: toNanoUsd });
      };
      return withMethods(database, { ledger: { raiseCap } });
    },
  },
  {
    name: "takes a zone that it does not know for UTC",
    breaks: "takes no zone that it does not know, and leaves the budget as it is",
    wrap(database) {
      const { ledger } = database;
      const setBudget: LedgerStore["setBudget"] = (tenant, budget) =>
        ledger
          .setBudget(tenant, budget)
          .catch(() => ledger.setBudget(tenant, { ...budget, timeZone: "UTC" }));
      return withMethods(database, { ledger: { setBudget } });
    },
  },
  {
    name: "takes thirty days for a month",
    breaks: "counts calendar months in UTC, of whatever length",
    wrap(database) {
      const getBudgets: LedgerStore["getBudgets"] = async (tenant, ids) => {
        const budgets = await database.ledger.getBudgets(tenant, ids);
        return budgets.map((budget) => ({
          ...budget,
          windows: budget.windows.map((window) => {
            if (window.window !== "month" || window.startsAt === undefined || window.timeZone !== "UTC")
              return window;
            return { ...window, resetsAt: new Date(window.startsAt.getTime() + THIRTY_DAYS_MS) };
          }),
        }));
      };
      return withMethods(database, { ledger: { getBudgets } });
    },
  },
];
