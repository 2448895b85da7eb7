import { formatUsd } from "../money/money.ts";
import type { BudgetRefusal } from "./budget-exceeded-error.ts";
import { WfloError } from "./wflo-error.ts";

/** The budget has the money, but open calls held it for longer than `waitMs`. Nothing was sent; trying later may pass. */
export class BudgetBusyError extends WfloError {
  readonly budgetId: string;
  readonly waitedMs: number;
  readonly status = 429;
  readonly isRetryable = false;

  constructor(refusal: BudgetRefusal, waitedMs: number) {
    super(
      "WFLO_BUDGET_BUSY",
      `Budget ${refusal.budgetId} is busy: open calls hold ${formatUsd(refusal.reservedNanoUsd)} of the ` +
        `${formatUsd(refusal.capNanoUsd - refusal.spentNanoUsd)} that is left, and this call needs ` +
        `${formatUsd(refusal.neededNanoUsd)}. Waited ${waitedMs} ms. Raise waitMs, run fewer calls at once, or raise the cap.`,
    );
    this.budgetId = refusal.budgetId;
    this.waitedMs = waitedMs;
  }
}
