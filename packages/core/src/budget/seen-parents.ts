import type { BudgetParent } from "../ports/ledger-store.ts";

/** Budgets whose parents are remembered at most. */
const CAPACITY = 10_000;

/** The parents of budgets as the store last told them: a first guess, which the store corrects where it is wrong. */
export class SeenParents {
  readonly #parents = new Map<string, string>();

  /** Budgets above these that are not among them. What was seen at different times may run in a circle: each is followed once. */
  above(named: readonly string[]): readonly string[] {
    const found: string[] = [];
    for (const id of named) {
      let above = this.#parents.get(id);
      while (above !== undefined && !named.includes(above) && !found.includes(above)) {
        found.push(above);
        above = this.#parents.get(above);
      }
    }
    return found;
  }

  /** What is above these budgets, as the store has just told it. */
  note(named: readonly string[], parents: readonly BudgetParent[]): void {
    const told = parents.map(({ parent }) => parent);
    for (const id of [...named, ...this.above(named), ...told]) this.#parents.delete(id);
    if (this.#parents.size > CAPACITY) this.#parents.clear();
    for (const { budgetId, parent } of parents) this.#parents.set(budgetId, parent);
  }
}
