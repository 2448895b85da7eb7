import { BudgetBusyError } from "../errors/budget-busy-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Waiter } from "./waiter.ts";

/** What a call is told whose wait ran out. */
export function endOfWait({ ask, pausedBy, waitsFor }: Waiter, waitedMs: number): Error {
  if (pausedBy !== undefined) return new BudgetPausedError(pausedBy);
  if (waitsFor === undefined)
    return new StoreUnavailableError(
      `The database did not say within ${waitedMs} ms what is free of ${ask.budgetIds.join(", ")}. Nothing was sent.`,
    );
  const refusal = { ...waitsFor, neededNanoUsd: ask.needNanoUsd, runId: ask.label.runId };
  return new BudgetBusyError(refusal, waitedMs);
}
