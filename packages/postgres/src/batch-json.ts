import type { SettledJson } from "./read-settled.ts";
import type { WindowJson } from "./read-window.ts";

/** What becomes of a batch, as `wflo.settle_and_reserve` tells it: no grant for what is to be asked for alone. */
export interface BatchJson extends SettledJson {
  readonly grants: readonly (string | null)[] | null;
  /** Of what is granted. */
  readonly windows: readonly WindowJson[];
}

/** What a database that has decided a batch tells of its budgets: by which a next one can be foreseen. */
export interface DecidedJson extends BatchJson {
  /** By budget: another one once anything of the budget has changed. Null for calls on no budgets. */
  readonly versions: Readonly<Record<string, string>> | null;
  /** The budgets that charge what expires. */
  readonly charging: readonly string[] | null;
}
