import { BudgetExceededError, isBudgetExceeded, WfloError } from "@wflo/core";

/** By which Mastra, as the AI SDK, knows an error that says itself whether a call is worth another try; of others it tries every one again. */
const API_CALL_ERROR = Symbol.for("vercel.ai.error.AI_APICallError");

/** What the tripwire of a refusal tells, as `result.tripwire.metadata`. Money in decimal US dollars. */
export interface RefusalMetadata {
  /** Of the error: `WFLO_BUDGET_EXCEEDED`, `WFLO_BUDGET_BUSY`, `WFLO_BUDGET_PAUSED`, … */
  readonly code: string;
  readonly processorId: string;
  readonly budgetId?: string;
  readonly window?: string;
  readonly cap?: string;
  readonly spent?: string;
  readonly reserved?: string;
  readonly needed?: string;
  /** ISO 8601. */
  readonly resetsAt?: string;
  /** Of wflo's run in which the call was refused. */
  readonly runId?: string;
  /** `soft` for the warning, `hard` for a refusal. */
  readonly threshold: "soft" | "hard";
}

/** Throws an error, a refusal so that Mastra does not try it again. */
export function notTriedAgain(error: unknown): never {
  if (WfloError.isInstance(error) && !(API_CALL_ERROR in error)) {
    Object.defineProperty(error, API_CALL_ERROR, { value: true });
    if (!("isRetryable" in error)) Object.defineProperty(error, "isRetryable", { value: false });
  }
  throw error;
}

/** Whether an error is wflo's, so that nothing was sent: for want of money or of something else. */
export function isRefusal(error: unknown): error is WfloError {
  return WfloError.isInstance(error);
}

/** What a tripwire tells of a refusal. */
export function refusalMetadata(error: WfloError, processorId: string): RefusalMetadata {
  const told = { code: error.code, processorId, threshold: "hard" as const };
  const { budgetId } = error as { readonly budgetId?: string };
  if (!isBudgetExceeded(error)) return { ...told, ...(budgetId === undefined ? {} : { budgetId }) };
  const { window, cap, spent, reserved, needed, resetsAt, runId } = error as BudgetExceededError;
  return {
    ...told,
    ...(budgetId === undefined ? {} : { budgetId }),
    window,
    cap,
    spent,
    reserved,
    needed,
    ...(resetsAt === undefined ? {} : { resetsAt: resetsAt.toISOString() }),
    ...(runId === undefined ? {} : { runId }),
  };
}
