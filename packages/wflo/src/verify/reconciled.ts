import { decimalUsd, type Wflo } from "@wflo/core";

/** What `reconcile()` finds wrong, in sentences. */
export async function reconciled(wflo: Wflo): Promise<readonly string[]> {
  const discrepancies = await wflo.budgets.reconcile();
  return discrepancies.map(
    (found) =>
      `${found.budgetId} (${found.window}) says ${decimalUsd(found.spentNanoUsd)} spent and ${decimalUsd(found.reservedNanoUsd)} ` +
      `reserved; its entries are ${decimalUsd(found.entriesNanoUsd)}, its holds ${decimalUsd(found.holdsNanoUsd)}.`,
  );
}
