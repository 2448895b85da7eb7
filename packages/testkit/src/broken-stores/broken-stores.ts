import { brokenBudgets } from "./broken-budgets.ts";
import { brokenExpiries } from "./broken-expiries.ts";
import { brokenLists } from "./broken-lists.ts";
import { brokenReserves } from "./broken-reserves.ts";
import { brokenRuns } from "./broken-runs.ts";
import { brokenSettles } from "./broken-settles.ts";
import type { BrokenStore } from "./broken-store.ts";

/** Stores that each break one promise: proof that the suite would notice. */
export const brokenStores: readonly BrokenStore[] = [
  ...brokenReserves,
  ...brokenSettles,
  ...brokenExpiries,
  ...brokenBudgets,
  ...brokenLists,
  ...brokenRuns,
];
