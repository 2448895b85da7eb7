/** What calls of this process were charged that the ledger has not acknowledged yet, by budget. */
export class Unsettled {
  readonly #nanoUsd = new Map<string, bigint>();

  /** Counts a charge until it is acknowledged. */
  add(budgetIds: readonly string[], nanoUsd: bigint, acknowledged: Promise<void>): void {
    if (nanoUsd === 0n || budgetIds.length === 0) return;
    for (const id of budgetIds) this.#nanoUsd.set(id, this.on(id) + nanoUsd);
    const settled = () => {
      for (const id of budgetIds) {
        const left = this.on(id) - nanoUsd;
        if (left === 0n) this.#nanoUsd.delete(id);
        else this.#nanoUsd.set(id, left);
      }
    };
    void acknowledged.then(settled, settled);
  }

  on(budgetId: string): bigint {
    return this.#nanoUsd.get(budgetId) ?? 0n;
  }
}
