import { leastFree } from "../budget/least-free.ts";
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
      for (const [id, amount] of leastFree(windows)) free.set(id, amount);
    },
    isAtLeast: (budgetId, nanoUsd) => (free.get(budgetId) ?? -1n) >= nanoUsd,
  };
}
