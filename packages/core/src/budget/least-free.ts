import type { WindowState } from "../ports/window-state.ts";

/** What is free of each budget of these windows, in the window that has least. Nano-dollars. */
export function leastFree(windows: readonly WindowState[]): ReadonlyMap<string, bigint> {
  const free = new Map<string, bigint>();
  for (const { budgetId, capNanoUsd, spentNanoUsd, reservedNanoUsd } of windows) {
    const amount = capNanoUsd - spentNanoUsd - reservedNanoUsd;
    const least = free.get(budgetId);
    if (least === undefined || amount < least) free.set(budgetId, amount);
  }
  return free;
}
