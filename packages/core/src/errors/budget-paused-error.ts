import { WfloError } from "./wflo-error.ts";

/** The budget is paused: no call starts until `wflo.budgets.resume(id)`. Nothing was sent. */
export class BudgetPausedError extends WfloError {
  readonly budgetId: string;
  readonly status = 402;
  readonly isRetryable = false;

  constructor(budgetId: string) {
    super(
      "WFLO_BUDGET_PAUSED",
      `Budget ${budgetId} is paused. Call wflo.budgets.resume("${budgetId}") to let calls through.`,
    );
    this.budgetId = budgetId;
  }
}
