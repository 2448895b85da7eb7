/** The id of the budget that a run has of its own. */
export function runBudgetId(runId: string): string {
  return `run/${runId}`;
}
