import type { BudgetDefinition, BudgetState } from "./budget-state.ts";

/** What a budget is made of whose id begins with `prefix` and goes on after it. */
export interface DefaultDefinition extends Omit<BudgetDefinition, "id"> {
  /** Empty for all ids. */
  readonly prefix: string;
}

/** A budget that was asked for and is there now. */
export interface MadeBudget {
  readonly budget: BudgetState;
  /** The prefix of the default that this very call made it from; undefined when the budget was there before. */
  readonly madeFrom: string | undefined;
}

/** The part of the ledger that makes budgets on first use. */
export interface DefaultStore {
  /**
   * Creates or replaces the default of a prefix. Budgets that were made from it stay as they are. Throws `InvalidOptionError` for a zone that
   * the store does not know, and for a parent that is not there.
   */
  setDefault(tenant: string, definition: DefaultDefinition): Promise<void>;
  /** By ascending prefix (byte order), after `after`. */
  listDefaults(
    tenant: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly DefaultDefinition[]>;
  /** False when there is no such default. Budgets that were made from it stay. */
  removeDefault(tenant: string, prefix: string): Promise<boolean>;
  /**
   * Makes a budget that is not there from the default with the longest prefix of its id. Of any number of callers at once one is told that it
   * made it. A budget that is there is left alone. Undefined when there is neither.
   */
  createFromDefault(tenant: string, budgetId: string): Promise<MadeBudget | undefined>;
}
