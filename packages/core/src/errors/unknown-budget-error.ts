import { WfloError } from "./wflo-error.ts";

/** A call names a budget that does not exist. Nothing was sent. */
export class UnknownBudgetError extends WfloError {
  readonly budgetId: string;
  readonly isRetryable = false;

  constructor(budgetId: string) {
    super("WFLO_UNKNOWN_BUDGET", `There is no budget ${budgetId}. ${whatHelps(budgetId)}`);
    this.budgetId = budgetId;
  }
}

function whatHelps(budgetId: string): string {
  // A run's own is made with the run, where that is kept.
  if (budgetId.startsWith("run/"))
    return "It is the cap of a run that another client keeps, of another database or tenant: make the call outside of that run, or by its client.";
  return (
    `Create it with wflo.budgets.set({ id: "${budgetId}", caps: { month: "20.00" } }), ` +
    'or all that are alike with wflo.budgets.setDefault({ match: "user/*", caps: { month: "5.00" } }).'
  );
}
