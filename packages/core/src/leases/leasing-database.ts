import { inTime } from "../budget/in-time.ts";
import { storeExcept } from "../budget/store-except.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Database } from "../ports/database.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { LeaseMeans } from "./lease-means.ts";
import { Leases } from "./leases.ts";

/** How long lists, corrections and closing wait for bills that are still to be posted. */
const FLUSH_MS = 10_000;

/** A database that takes money of some budgets in advance, and what of that is still to be written down. */
export interface LeasingDatabase {
  readonly database: Database;
  /** Resolves when the store has all that was settled before. */
  readonly flush: () => Promise<void>;
}

/**
 * The same database, where calls on budgets that `isLeased` are held in memory, on money that this process took in advance (a lease), and their bills
 * are posted together. Calls of runs, those whose id their caller chose, and those that take a hold of the store's over ask the store as before: they
 * are compared with what only the store knows.
 */
export function leasingDatabase(
  database: Database,
  isLeased: (budgetId: string) => boolean,
  means: Omit<LeaseMeans, "ledger" | "tell" | "money">,
): LeasingDatabase {
  const { ledger, runs, checkpoints, items } = database;
  const leases = new Leases(isLeased, { ...means, ledger });
  const sentence = `The bills of calls on leases were not taken by the database within ${FLUSH_MS} ms.`;
  const limit = { withinMs: FLUSH_MS, late: () => new StoreUnavailableError(sentence) };
  /** After all that was settled. */
  const after = async <T>(work: () => Promise<T>): Promise<T> => {
    await inTime(means.clock, leases.flush(), limit);
    return work();
  };
  /** Where a budget changes: nothing more is held on leases of it. */
  const ending = async <T>(budgetIds: readonly string[], work: Promise<T>): Promise<T> => {
    const result = await work;
    leases.end(budgetIds);
    return result;
  };
  const own: Partial<LedgerStore> = {
    reserve: (request) => leases.reserve(request),
    settle: (...args) => leases.settle(...args),
    setBudget: (tenant, budget) => ending([budget.id], ledger.setBudget(tenant, budget)),
    raiseCap: (tenant, id, ...args) => ending([id], ledger.raiseCap(tenant, id, ...args)),
    setPaused: (tenant, id, paused) => ending([id], ledger.setPaused(tenant, id, paused)),
    recall: (tenant, ids) => ending(ids, ledger.recall(tenant, ids)),
    correct: (...args) => after(() => ledger.correct(...args)),
    listEntries: (...args) => after(() => ledger.listEntries(...args)),
    costs: (...args) => after(() => ledger.costs(...args)),
    reconcile: (...args) => after(() => ledger.reconcile(...args)),
  };
  return {
    database: {
      ledger: storeExcept(ledger, own),
      runs,
      checkpoints,
      items,
      commitStep: (commit) => database.commitStep(commit),
      async close() {
        try {
          await inTime(means.clock, leases.close(), limit);
        } finally {
          leases.stop();
          await database.close();
        }
      },
    },
    flush: () => leases.flush(),
  };
}
