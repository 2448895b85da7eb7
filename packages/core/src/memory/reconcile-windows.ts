import type { Discrepancy } from "../ports/ledger-store.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import type { MemoryWindow } from "./memory-window.ts";

/** Adds up entries and open holds per window anew and names every window row that says otherwise. */
export function reconcileWindows(tenant: MemoryTenant): readonly Discrepancy[] {
  const entries = new Map<MemoryWindow, bigint>();
  const holds = new Map<MemoryWindow, bigint>();
  for (const { call, chargedNanoUsd } of tenant.entries.rows) {
    for (const window of call.hold.windows) add(entries, window, chargedNanoUsd);
  }
  for (const hold of tenant.holds.values()) {
    for (const window of hold.windows) add(holds, window, hold.amountNanoUsd);
  }
  const discrepancies: Discrepancy[] = [];
  for (const budget of tenant.budgetsById.rows) {
    for (const window of budget.allWindows()) {
      const entriesNanoUsd = entries.get(window) ?? 0n;
      const holdsNanoUsd = holds.get(window) ?? 0n;
      const { spentNanoUsd, reservedNanoUsd } = window;
      if (spentNanoUsd === entriesNanoUsd && reservedNanoUsd === holdsNanoUsd) continue;
      const { budgetId, kind } = window;
      discrepancies.push({
        budgetId,
        window: kind,
        spentNanoUsd,
        entriesNanoUsd,
        reservedNanoUsd,
        holdsNanoUsd,
      });
    }
  }
  return discrepancies;
}

function add(sums: Map<MemoryWindow, bigint>, window: MemoryWindow, amountNanoUsd: bigint): void {
  sums.set(window, (sums.get(window) ?? 0n) + amountNanoUsd);
}
