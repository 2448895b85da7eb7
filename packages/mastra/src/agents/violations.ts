import type { ProcessorViolation } from "@mastra/core/processors";
import type { Wflo } from "@wflo/core";
import type { RefusalMetadata } from "../errors.ts";

type Violation = ProcessorViolation<RefusalMetadata>;

/** Tells the user of refusals and warnings. What a callback throws breaks nothing. */
export class Violations {
  readonly #onViolation: ((violation: Violation) => void | Promise<void>) | undefined;
  readonly #followed = new WeakSet<Wflo>();

  constructor(onViolation: ((violation: Violation) => void | Promise<void>) | undefined) {
    this.#onViolation = onViolation;
  }

  async tell(violation: Violation): Promise<void> {
    try {
      await this.#onViolation?.(violation);
    } catch {
      // It has heard of it.
    }
  }

  /** Tells of the warnings of a client's budgets that `isOurs`. */
  follow(wflo: Wflo, isOurs: (budgetId: string) => boolean): void {
    if (this.#onViolation === undefined || this.#followed.has(wflo)) return;
    this.#followed.add(wflo);
    wflo.on("budget-warning", ({ budgetId, window, cap, spent }) => {
      if (!isOurs(budgetId)) return;
      const detail = { code: "WFLO_BUDGET_WARNING", processorId: "wflo", budgetId, window, cap, spent };
      const message = `Budget ${budgetId} has spent $${spent} of $${cap}.`;
      void this.tell({ processorId: "wflo", message, detail: { ...detail, threshold: "soft" } });
    });
  }
}
