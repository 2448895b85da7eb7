import { isBudgetExceeded, WfloError } from "@wflo/core";

/** What LangChain's `withRetry` takes. */
interface RetryFields {
  readonly onFailedAttempt?: (error: unknown, input: unknown) => unknown;
}

/** Refusals that may be over at the next attempt. */
const PASSING = new Set(["WFLO_BUDGET_BUSY", "WFLO_STORE_UNAVAILABLE"]);

/** The `withRetry` of a runnable that is metered, which tries nothing again that wflo refused: what it throws in a failed attempt ends the retries. */
export function retryingNoRefusals(runnable: object): object {
  const withRetry: unknown = Reflect.get(runnable, "withRetry");
  if (typeof withRetry !== "function") return {};
  return {
    withRetry(this: object, fields: RetryFields = {}): object {
      const onFailedAttempt = (error: unknown, input: unknown) => {
        if (isFinal(error)) throw error;
        return fields.onFailedAttempt?.(error, input);
      };
      return Reflect.apply(withRetry, this, [{ ...fields, onFailedAttempt }]) as object;
    },
  };
}

function isFinal(error: unknown): boolean {
  // Inside of a graph that a workflow runs it stops the graph, whatever it is.
  const { is_bubble_up: isStop } = (error ?? {}) as { readonly is_bubble_up?: unknown };
  if (isStop === true || isBudgetExceeded(error)) return true;
  return WfloError.isInstance(error) && !PASSING.has(error.code);
}
