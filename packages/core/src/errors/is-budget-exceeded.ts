import type { BudgetExceededError } from "./budget-exceeded-error.ts";
import { errorWithin } from "./error-within.ts";

/**
 * True when an error is, or wraps, a refusal for want of money: through `cause`, `lastError` and `errors`, in the body of an answer, and in
 * copies that lost their class on the way through JSON.
 */
export function isBudgetExceeded(error: unknown): boolean {
  return budgetExceededIn(error) !== undefined;
}

/** The refusal that an error is or wraps; a copy that went through JSON has its fields but not its class. */
export function budgetExceededIn(error: unknown): BudgetExceededError | undefined {
  return errorWithin(error, ["WFLO_BUDGET_EXCEEDED"]) as BudgetExceededError | undefined;
}
