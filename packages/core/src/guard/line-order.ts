import type { WindowState } from "../ports/window-state.ts";
import type { Waiter } from "./waiter.ts";

/** The window whose money is kept from a call for one of those before it, which has been short of it; undefined when it may ask. */
export function keptFrom({ ask }: Waiter, before: readonly Waiter[]): WindowState | undefined {
  for (const { shortOf } of before)
    for (const [budgetId, window] of shortOf) if (ask.budgetIds.includes(budgetId)) return window;
  return undefined;
}

/** Whether one of those before a call waits for its turn to ask: only when nobody else asks for any budget of its. */
export function mustLetGo({ ask }: Waiter, before: readonly Waiter[]): boolean {
  return before.some(
    (older) => !older.isAsking && older.heldBy === undefined && shares(older.ask.budgetIds, ask.budgetIds),
  );
}

/** Whether two lists of budgets have one in common. */
export function shares(a: readonly string[], b: readonly string[]): boolean {
  return a.some((id) => b.includes(id));
}
