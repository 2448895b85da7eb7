import type { LedgerStore, ReserveVerdict } from "@wflo/core";
import { brokenLedger, type BrokenStore } from "./broken-store.ts";

/** Reserves, and answers otherwise where `other` does. */
function answering(
  ledger: LedgerStore,
  other: (
    verdict: ReserveVerdict,
    request: Parameters<LedgerStore["reserve"]>[0],
  ) => ReserveVerdict | Promise<ReserveVerdict>,
): Pick<LedgerStore, "reserve"> {
  return { reserve: async (request) => other(await ledger.reserve(request), request) };
}

const calls: readonly BrokenStore[] = [
  brokenLedger(
    "tells only who is right above",
    "tells every parent above the budgets of a call that does not name them",
    (ledger) =>
      answering(ledger, (verdict, { budgetIds, inherited = [] }) => {
        if (verdict.code !== "incomplete") return verdict;
        const isNamed = (id: string) => budgetIds.includes(id) && !inherited.includes(id);
        return { ...verdict, parents: verdict.parents.filter(({ budgetId }) => isNamed(budgetId)) };
      }),
  ),
  brokenLedger(
    "shows entries on the budgets that were named only",
    "holds a call on its budget and on all above it, and settles it there",
    (ledger) => {
      const inheritedBy = new Map<string, readonly string[]>();
      return {
        reserve(request) {
          inheritedBy.set(request.callId, request.inherited ?? []);
          return ledger.reserve(request);
        },
        async listEntries(tenant, filter) {
          const entries = await ledger.listEntries(tenant, filter);
          return entries.map((entry) => {
            const inherited = inheritedBy.get(entry.callId) ?? [];
            return { ...entry, budgetIds: entry.budgetIds.filter((id) => !inherited.includes(id)) };
          });
        },
      };
    },
  ),
  brokenLedger(
    "wants parents to be inherited",
    "takes parents that a call names itself as they are",
    (ledger) => ({
      async reserve(request) {
        const { tenant, budgetIds, inherited = [] } = request;
        const budgets = await ledger.getBudgets(tenant, budgetIds);
        const parents = budgets.flatMap(({ id, parent }) =>
          parent === undefined ? [] : [{ budgetId: id, parent }],
        );
        const isWhole = parents.every(({ parent }) => budgetIds.includes(parent));
        const isNamed = parents.some(({ parent }) => !inherited.includes(parent));
        if (!isWhole || !isNamed) return ledger.reserve(request);
        return { code: "incomplete", parents };
      },
    }),
  ),
  brokenLedger("looks at no parent's money", "refuses a call for the money of a parent", (ledger) =>
    answering(ledger, (verdict, { boundNanoUsd, inherited = [] }) => {
      const isShort = verdict.code === "held" || verdict.code === "exhausted";
      if (!isShort || !inherited.includes(verdict.window.budgetId)) return verdict;
      return { code: "granted", amountNanoUsd: boundNanoUsd, windows: [] };
    }),
  ),
  brokenLedger(
    "leaves out who is no parent any more",
    "takes no budget for a parent that is none any more",
    (ledger) =>
      answering(ledger, (verdict, request) => {
        const { budgetIds, inherited = [] } = request;
        if (verdict.code !== "incomplete" || inherited.length === 0) return verdict;
        const isStill = (id: string) =>
          !inherited.includes(id) || verdict.parents.some(({ parent }) => parent === id);
        return ledger.reserve({
          ...request,
          budgetIds: budgetIds.filter(isStill),
          inherited: inherited.filter(isStill),
        });
      }),
  ),
  brokenLedger(
    "gives back what is held on a budget that loses its parent",
    "settles a call where it was held, whatever its budget's parent is by then",
    (ledger) => {
      const open: { readonly callId: string; readonly budgetIds: readonly string[] }[] = [];
      return {
        async reserve(request) {
          const verdict = await ledger.reserve(request);
          if (verdict.code === "granted" && request.inherited !== undefined) open.push(request);
          return verdict;
        },
        async setBudget(tenant, budget) {
          for (const { callId, budgetIds } of open)
            if (budget.parent === undefined && budgetIds.includes(budget.id))
              await ledger.settle(tenant, [
                { callId, settlementId: callId, kind: "void", costNanoUsd: 0n, receipt: {} },
              ]);
          return ledger.setBudget(tenant, budget);
        },
      };
    },
  ),
  brokenLedger(
    "looks for pauses before parents",
    "looks for budgets before their parents, and for parents before pauses",
    (ledger) =>
      answering(ledger, async (verdict, { tenant }) => {
        if (verdict.code !== "incomplete") return verdict;
        const above = await ledger.getBudgets(
          tenant,
          verdict.parents.map(({ parent }) => parent),
        );
        const paused = above.find((budget) => budget.paused);
        return paused === undefined ? verdict : { code: "paused", budgetId: paused.id };
      }),
  ),
];

const parents: readonly BrokenStore[] = [
  brokenLedger(
    "lists budgets without their parents",
    "shows the parent of a budget wherever it shows the budget",
    (ledger) => ({
      async listBudgets(tenant, page) {
        const budgets = await ledger.listBudgets(tenant, page);
        return budgets.map((budget) => ({ ...budget, parent: undefined }));
      },
    }),
  ),
  brokenLedger(
    "ignores a parent that is the budget itself",
    "refuses a parent that is not there, is the budget itself, or has it above",
    (ledger) => ({
      setBudget: (tenant, budget) =>
        ledger.setBudget(tenant, budget.parent === budget.id ? { ...budget, parent: undefined } : budget),
    }),
  ),
  brokenLedger(
    "forgets the parent of a default",
    "gives the parent of a default to the budgets that it makes",
    (ledger) => ({
      async createFromDefault(tenant, id) {
        const made = await ledger.createFromDefault(tenant, id);
        if (made?.madeFrom === undefined || made.budget.parent === undefined) return made;
        return { ...made, budget: await ledger.setBudget(tenant, { ...made.budget, parent: undefined }) };
      },
    }),
  ),
  brokenLedger("finds parents in other tenants", "keeps the parents of tenants apart", (ledger) => {
    const everywhere = new Set<string>();
    return {
      setBudget(tenant, budget) {
        everywhere.add(budget.id);
        return ledger.setBudget(tenant, budget);
      },
      async setDefault(tenant, definition) {
        const { parent = "" } = definition;
        const [there] = await ledger.getBudgets(tenant, [parent]);
        const isElsewhere = there === undefined && everywhere.has(parent);
        return ledger.setDefault(tenant, isElsewhere ? { ...definition, parent: undefined } : definition);
      },
    };
  }),
];

/** Stores that each break one promise of budgets above others. */
export const brokenParents: readonly BrokenStore[] = [...calls, ...parents];
