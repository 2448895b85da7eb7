import { createWflo, type Budget, type Wflo } from "@wflo/core";
import { afterEach, beforeEach } from "vitest";

/** Puts a call on the budget that `oneBudget` sets. */
export const under = { budgets: ["b"] };

/** A fresh client for each test, with short waits, and the way to set its budget `b`. */
export function oneBudget(): { readonly wflo: Wflo; readonly budget: (total: string) => Promise<Budget> } {
  let wflo: Wflo;
  beforeEach(() => {
    wflo = createWflo({ logger: false, waitMs: 200, drainMs: 100 });
  });
  afterEach(() => wflo.close());
  return {
    get wflo() {
      return wflo;
    },
    budget: (total) => wflo.budgets.set({ id: "b", caps: { total } }),
  };
}
