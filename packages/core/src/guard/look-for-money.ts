import { hasParents } from "../budget/budgets-with-parents.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { OpenHolds } from "./open-holds.ts";
import type { Ask, Waiter } from "./waiter.ts";

/** Expired holds of dead processes closed at a look. */
const EXPIRE_AT_ONCE = 100;

/** Where money is looked for. */
export interface MoneyAround {
  readonly tenant: string;
  readonly ledger: Pick<LedgerStore, "expire" | "recall" | "getBudgets">;
  readonly holds: OpenHolds;
}

/** Looks for what others gave back or left behind, and lets those of the line ask again whom that may serve, or who will never be served. */
export async function lookForMoney(around: MoneyAround, line: ReadonlySet<Waiter>): Promise<void> {
  const { ledger, tenant, holds } = around;
  if (line.size === 0) return;
  const ids = [...new Set(Array.from(line, (waiter) => waiter.ask.budgetIds).flat())];
  await Promise.all([ledger.expire(EXPIRE_AT_ONCE), ledger.recall(tenant, ids)]);
  // Everybody may have left meanwhile, and the database may be closed.
  if (line.size === 0) return;
  const budgets = await ledger.getBudgets(tenant, ids);
  const paused = new Set(budgets.flatMap(({ id, paused: isPaused }) => (isPaused ? [id] : [])));
  const windows = budgets.flatMap((budget) => budget.windows);
  for (const waiter of line) {
    waiter.pausedBy = waiter.ask.budgetIds.find((id) => paused.has(id));
    if (waiter.pausedBy !== undefined) continue;
    const own = budgets.filter(({ id }) => waiter.ask.budgetIds.includes(id));
    if (!hasParents(own, waiter.ask) || isDecided(waiter.ask, windows, holds)) waiter.heldBy = undefined;
  }
}

/** Whether asking again would give another answer than to wait: it fits now, or never will. */
function isDecided(ask: Ask, windows: readonly WindowState[], holds: OpenHolds): boolean {
  const own = windows.filter((window) => ask.budgetIds.includes(window.budgetId));
  const left = (window: WindowState) => window.capNanoUsd - window.spentNanoUsd;
  const neverFits = own.some((window) => ask.needNanoUsd > left(window));
  const free = (window: WindowState) =>
    left(window) - window.reservedNanoUsd + holds.heldNanoUsd(ask.replaces, window.budgetId);
  return neverFits || own.every((window) => ask.needNanoUsd <= free(window));
}
