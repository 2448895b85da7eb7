import type { ProcessorViolation } from "@mastra/core/processors";
import type { Wflo } from "@wflo/core";
import type { RefusalMetadata } from "../errors.ts";

type Violation = ProcessorViolation<RefusalMetadata>;

/** Budgets of a client whose warnings are told, the last used ones. */
const FOLLOWED = 10_000;
/** Who is told of the warnings of which budget: whoever used it last, as processors may be made for each request. */
const followers = new WeakMap<Wflo, Map<string, Violations>>();

/** Tells the user of refusals and warnings. What a callback throws breaks nothing. */
export class Violations {
  readonly #onViolation: ((violation: Violation) => void | Promise<void>) | undefined;

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

  /** Tells of the warnings of a client's budget, until somebody else follows it. */
  follow(wflo: Wflo, budgetId: string): void {
    if (this.#onViolation === undefined) return;
    const followed = followers.get(wflo) ?? listenTo(wflo);
    followed.delete(budgetId);
    followed.set(budgetId, this);
    const [oldest] = followed.keys();
    if (followed.size > FOLLOWED && oldest !== undefined) followed.delete(oldest);
  }
}

function listenTo(wflo: Wflo): Map<string, Violations> {
  const followed = new Map<string, Violations>();
  followers.set(wflo, followed);
  wflo.on("budget-warning", ({ budgetId, window, cap, spent }) => {
    const detail = { code: "WFLO_BUDGET_WARNING", processorId: "wflo", budgetId, window, cap, spent };
    const message = `Budget ${budgetId} has spent $${spent} of $${cap}.`;
    void followed
      .get(budgetId)
      ?.tell({ processorId: "wflo", message, detail: { ...detail, threshold: "soft" } });
  });
  return followed;
}
