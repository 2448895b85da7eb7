import type { WindowState } from "../ports/window-state.ts";

/** Budgets remembered at most. */
const CAPACITY = 1_000;

/** What was last seen free on each budget: a hint for choosing the short way, never a decision about money. */
export interface FreeHints {
  note(windows: readonly WindowState[]): void;
  /** True when the budget was last seen with at least this much (nano-dollars). */
  isAtLeast(budgetId: string, nanoUsd: bigint): boolean;
}

/** Empty hints; of many budgets the oldest are forgotten. */
export function freeHints(): FreeHints {
  const free = new Map<string, bigint>();
  return {
    note(windows) {
      if (free.size > CAPACITY) free.clear();
      const seen = new Map<string, bigint>();
      for (const window of windows) {
        const amount = window.capNanoUsd - window.spentNanoUsd - window.reservedNanoUsd;
        const least = seen.get(window.budgetId);
        if (least === undefined || amount < least) seen.set(window.budgetId, amount);
      }
      for (const [id, amount] of seen) free.set(id, amount);
    },
    isAtLeast: (budgetId, nanoUsd) => (free.get(budgetId) ?? -1n) >= nanoUsd,
  };
}
