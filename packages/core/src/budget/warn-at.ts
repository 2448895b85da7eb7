import { decimalUsd } from "../money/money.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { Emitter } from "../telemetry/emitter.ts";

/** Windows remembered at most. */
const CAPACITY = 10_000;

/**
 * Emits `budget-warning` when a window has passed one of its `warnAt` shares: each share once per window in this process.
 * Looks at the store only while somebody listens.
 */
export function warnAt(
  tenant: string,
  ledger: LedgerStore,
  emitter: Emitter,
): (budgetIds: readonly string[]) => Promise<void> {
  const told = new Map<string, number>();
  return async (budgetIds) => {
    if (!emitter.has("budget-warning") || budgetIds.length === 0) return;
    for (const budget of await ledger.getBudgets(tenant, budgetIds)) {
      for (const window of budget.windows) {
        const share = budget.warnAt.findLast((share) => passed(window, share));
        const key = JSON.stringify([budget.id, window.window, window.startsAt]);
        if (share === undefined || share <= (told.get(key) ?? 0)) continue;
        if (told.size > CAPACITY) told.clear();
        told.set(key, share);
        const { capNanoUsd, spentNanoUsd } = window;
        emitter.emit("budget-warning", {
          budgetId: budget.id,
          window: window.window,
          share,
          cap: decimalUsd(capNanoUsd),
          spent: decimalUsd(spentNanoUsd),
        });
      }
    }
  };
}

/** Whether so much of a cap is spent; the share is compared in millionths, so that no float touches money. */
function passed(window: WindowState, share: number): boolean {
  return window.spentNanoUsd * 1_000_000n >= window.capNanoUsd * BigInt(Math.round(share * 1_000_000));
}
