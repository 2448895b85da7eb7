import type { BudgetExceededError } from "./budget-exceeded-error.ts";

/** Wrappers are followed this deep, so that a cycle ends. */
const MAX_DEPTH = 10;

/** Where SDKs keep what an error of theirs came of: another error, or the body of an answer. */
const WRAPPINGS = ["cause", "lastError", "data", "error"];

/**
 * True when an error is, or wraps, a refusal for want of money: through `cause`, `lastError` and `errors`, in the body of an answer, and in
 * copies that lost their class on the way through JSON.
 */
export function isBudgetExceeded(error: unknown): boolean {
  return budgetExceededIn(error) !== undefined;
}

/** The refusal that an error is or wraps; a copy that went through JSON has its fields but not its class. */
export function budgetExceededIn(error: unknown, depth = 0): BudgetExceededError | undefined {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  if ((error as { code?: unknown }).code === "WFLO_BUDGET_EXCEEDED") return error as BudgetExceededError;
  const { errors } = error as { errors?: unknown };
  const inside = WRAPPINGS.map((name) => (error as Readonly<Record<string, unknown>>)[name]);
  for (const inner of [...inside, ...(Array.isArray(errors) ? errors : [])]) {
    const found = budgetExceededIn(inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}
