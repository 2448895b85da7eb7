import type { Entry, LedgerStore } from "@wflo/core";
import type { Books } from "./books.ts";

const PAGE = 1_000;

/** Books on PGlite, which lets nobody beside wflo at its tables: read by the ledger's own methods. */
export function pgliteBooks(ledger: LedgerStore, tenant: string): Books {
  return {
    async windows() {
      const budgets = await ledger.listBudgets(tenant, { limit: PAGE });
      return budgets.flatMap(({ windows }) =>
        windows.map((window) => ({
          budgetId: window.budgetId,
          window: `${window.window} ${window.startsAt?.toISOString()}`,
          cap: window.capNanoUsd,
          spent: window.spentNanoUsd,
          reserved: window.reservedNanoUsd,
          overruns: window.overrunNanoUsd,
          corrections: 0n,
        })),
      );
    },
    async entries() {
      const totals = new Map<string, bigint>();
      return (await allEntries(ledger, tenant)).map((entry) => {
        const total = (totals.get(entry.callId) ?? 0n) + entry.chargedNanoUsd;
        totals.set(entry.callId, total);
        const above = total - entry.heldNanoUsd;
        const { callId, kind, heldNanoUsd: held, chargedNanoUsd: charged } = entry;
        return { callId, kind, held, charged, total, overrun: above > 0n ? above : 0n };
      });
    },
    // Of holds nothing is seen but what the windows have reserved.
    holds: async () => [],
    ageHolds: async () => {},
    anyClosedCall: async () => undefined,
    setZone: async () => false,
    deadlocks: async () => undefined,
    workersGone: async () => {},
    close: async () => {},
  };
}

async function allEntries(ledger: LedgerStore, tenant: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const page = await ledger.listEntries(tenant, { after: entries.at(-1)?.id, limit: PAGE });
    entries.push(...page);
    if (page.length < PAGE) return entries;
  }
}
