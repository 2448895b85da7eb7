import { refusalMetadata, type RefusalMetadata } from "../errors.ts";
import type { Refusal } from "../refusals.ts";

/** The payload of a step that waits for money, as `result.suspendPayload[step]`. */
export interface BudgetSuspension {
  readonly wflo: SuspensionDetail;
}

/** What a refusal tells, and what the step had been given when it was refused. */
export interface SuspensionDetail extends RefusalMetadata {
  readonly message: string;
  /** Of a step that goes on after a person's answer. */
  readonly given?: GivenToStep;
}

/** What a step gets that goes on after a person's answer. */
export interface GivenToStep {
  readonly resumeData?: unknown;
  readonly suspendData?: unknown;
}

/** What a refused step is suspended with. */
export function suspensionOf(refusal: Refusal, given: GivenToStep): BudgetSuspension {
  const isNothing = given.resumeData === undefined && given.suspendData === undefined;
  return {
    wflo: {
      ...refusalMetadata(refusal, "wflo"),
      message: refusal.message,
      ...(isNothing ? {} : { given }),
    },
  };
}

/** Whether a payload says that a step waits for money. */
export function isBudgetSuspension(payload: unknown): payload is BudgetSuspension {
  if (typeof payload !== "object" || payload === null) return false;
  const { wflo } = payload as { readonly wflo?: { readonly code?: unknown } | null };
  return typeof wflo === "object" && typeof wflo?.code === "string" && wflo.code.startsWith("WFLO_");
}
