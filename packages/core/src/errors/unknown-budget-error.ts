import { WfloError } from "./wflo-error.ts";

/** A call names a budget that does not exist. Nothing was sent. */
export class UnknownBudgetError extends WfloError {
  readonly budgetId: string;
  readonly isRetryable = false;

  constructor(budgetId: string) {
    super(
      "WFLO_UNKNOWN_BUDGET",
      `There is no budget ${budgetId}. Create it with wflo.budgets.set({ id: "${budgetId}", caps: { month: "20.00" } }), ` +
        'or all that are alike with wflo.budgets.setDefault({ match: "user/*", caps: { month: "5.00" } }).',
    );
    this.budgetId = budgetId;
  }
}
