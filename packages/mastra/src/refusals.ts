import { BudgetExceededError, BudgetPausedError, usd, WfloError, type BudgetRefusal } from "@wflo/core";
import type { RefusalMetadata } from "./errors.ts";

/** What a budget refuses by: there is no money, for now or at all. */
const CODES = new Set(["WFLO_BUDGET_EXCEEDED", "WFLO_BUDGET_PAUSED", "WFLO_BUDGET_BUSY"]);
/** Wrappers are followed this deep, so that a cycle ends. */
const MAX_DEPTH = 10;

/** A budget's refusal, as an error or as what was left of one on its way through Mastra. */
export type Refusal = WfloError;

/** The refusal for want of money that an error is, wraps, or, as a tripwire, tells of. */
export function refusalIn(error: unknown, depth = 0): Refusal | undefined {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  const { code, cause, options, metadata } = error as Readonly<Record<string, unknown>>;
  if (typeof code === "string" && CODES.has(code)) {
    if (error instanceof Error) return error as Refusal;
    return errorOf(error as RefusalMetadata);
  }
  // A tripwire that was thrown has it in its options, one that was returned beside its reason.
  const within = (options as { readonly metadata?: unknown } | undefined)?.metadata ?? metadata;
  return refusalIn(within, depth + 1) ?? refusalIn(cause, depth + 1);
}

/** The error that a tripwire's metadata were made of. */
function errorOf(metadata: RefusalMetadata): Refusal {
  const { code, budgetId = "", cap, spent, reserved, needed, resetsAt, runId } = metadata;
  if (code === "WFLO_BUDGET_PAUSED") return new BudgetPausedError(budgetId);
  if (cap === undefined || spent === undefined || needed === undefined)
    return new WfloError(code, `Budget ${budgetId} has refused a call.`);
  const refusal: BudgetRefusal = {
    budgetId,
    window: metadata.window as BudgetRefusal["window"],
    capNanoUsd: usd(cap).nanoUsd,
    spentNanoUsd: usd(spent).nanoUsd,
    reservedNanoUsd: usd(reserved ?? "0").nanoUsd,
    neededNanoUsd: usd(needed).nanoUsd,
    resetsAt: resetsAt === undefined ? undefined : new Date(resetsAt),
    runId,
  };
  return new BudgetExceededError(refusal);
}
