import type { Database, LedgerStore, WindowState } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store that lists the windows of budgets as `bend` makes them. */
function listingWindows(database: Database, bend: (window: WindowState) => WindowState): Database {
  const listBudgets: LedgerStore["listBudgets"] = async (tenant, page) => {
    const budgets = await database.ledger.listBudgets(tenant, page);
    return budgets.map((budget) => ({ ...budget, windows: budget.windows.map(bend) }));
  };
  return withMethods(database, { ledger: { listBudgets } });
}

/** Stores whose lists cannot be trusted. */
export const brokenLists: readonly BrokenStore[] = [
  {
    name: "begins a page with the end of the last one",
    breaks: "pages through a thousand entries by ascending id, each once",
    wrap(database) {
      const listEntries: LedgerStore["listEntries"] = async (tenant, filter) => {
        const page = await database.ledger.listEntries(tenant, filter);
        if (filter.after === undefined) return page;
        const all = await database.ledger.listEntries(tenant, { limit: 10_000 });
        const last = all.filter(({ id }) => id === filter.after);
        return [...last, ...page].slice(0, filter.limit);
      };
      return withMethods(database, { ledger: { listEntries } });
    },
  },
  {
    name: "takes a prefix for a pattern",
    breaks: "takes a prefix of budget ids by the letter",
    wrap(database) {
      const listBudgets: LedgerStore["listBudgets"] = async (tenant, { prefix, after, limit }) => {
        if (prefix === undefined || prefix.length > 10)
          return database.ledger.listBudgets(tenant, { prefix, after, limit });
        const pattern = new RegExp(`^${prefix.replaceAll("_", ".").replaceAll("%", ".*")}`, "u");
        const budgets = await database.ledger.listBudgets(tenant, { after, limit: 10_000 });
        return budgets.filter(({ id }) => pattern.test(id)).slice(0, limit);
      };
      return withMethods(database, { ledger: { listBudgets } });
    },
  },
  {
    name: "sorts budgets as a dictionary does",
    breaks: "orders budgets by the bytes of their ids",
    wrap(database) {
      const listBudgets: LedgerStore["listBudgets"] = async (tenant, page) => {
        const budgets = await database.ledger.listBudgets(tenant, page);
        return budgets.toSorted((a, b) => a.id.localeCompare(b.id, "en"));
      };
      return withMethods(database, { ledger: { listBudgets } });
    },
  },
  {
    name: "lists budgets without what is reserved",
    breaks: "lists budgets as each is shown alone, with spent, reserved and reset",
    wrap: (database) => listingWindows(database, (window) => ({ ...window, reservedNanoUsd: 0n })),
  },
  {
    name: "lists what was spent as a number of JSON",
    breaks: "lists amounts of any size to the last nano-dollar",
    wrap: (database) =>
      listingWindows(database, (window) => ({
        ...window,
        spentNanoUsd: BigInt(Number(window.spentNanoUsd)),
      })),
  },
  {
    name: "lists the windows of another zone",
    breaks: "lists a budget that has moved to another zone with the windows of that zone",
    wrap: (database) =>
      listingWindows(database, (window) =>
        window.budgetId === "moved" ? { ...window, spentNanoUsd: 30n } : window,
      ),
  },
  {
    name: "cuts labels at a line break",
    breaks: "keeps line breaks in a call's label as written",
    wrap(database) {
      const reserve: LedgerStore["reserve"] = (request) => {
        const [agent] = request.label.agent?.split("\r\n") ?? [];
        return database.ledger.reserve({ ...request, label: { ...request.label, agent } });
      };
      return withMethods(database, { ledger: { reserve } });
    },
  },
  {
    name: "takes the entries of all threads for those of one",
    breaks: "filters entries by call, run, thread, budget and doubt",
    wrap(database) {
      const listEntries: LedgerStore["listEntries"] = (tenant, filter) =>
        database.ledger.listEntries(tenant, { ...filter, thread: undefined });
      return withMethods(database, { ledger: { listEntries } });
    },
  },
  {
    name: "answers after it was closed",
    breaks: "rejects getBudgets after it was closed",
    wrap(database) {
      const getBudgets: LedgerStore["getBudgets"] = (tenant, ids) =>
        database.ledger.getBudgets(tenant, ids).catch(() => []);
      return withMethods(database, { ledger: { getBudgets } });
    },
  },
];
