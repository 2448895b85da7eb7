import { brokenBudgets } from "./broken-budgets.ts";
import { brokenCheckpoints } from "./broken-checkpoints.ts";
import { brokenClaims } from "./broken-claims.ts";
import { brokenCounts } from "./broken-counts.ts";
import { brokenCosts } from "./broken-costs.ts";
import { brokenDefaults } from "./broken-defaults.ts";
import { brokenLeases } from "./broken-leases.ts";
import { brokenParents } from "./broken-parents.ts";
import { brokenExpiries } from "./broken-expiries.ts";
import { brokenFollows } from "./broken-follows.ts";
import { brokenItemSearches } from "./broken-item-searches.ts";
import { brokenItems } from "./broken-items.ts";
import { brokenLists } from "./broken-lists.ts";
import { brokenLines } from "./broken-lines.ts";
import { brokenPages } from "./broken-pages.ts";
import { brokenRests } from "./broken-rests.ts";
import { brokenReserves } from "./broken-reserves.ts";
import { brokenRuns } from "./broken-runs.ts";
import { brokenSettles } from "./broken-settles.ts";
import { brokenSteps } from "./broken-steps.ts";
import { brokenWarnings } from "./broken-warnings.ts";
import { brokenWrites } from "./broken-writes.ts";
import { brokenCopies } from "./broken-copies.ts";
import { brokenLifetimes } from "./broken-lifetimes.ts";
import { brokenThinning } from "./broken-thinning.ts";
import { brokenThreads } from "./broken-threads.ts";
import type { BrokenStore } from "./broken-store.ts";

/** Stores that each break one promise: proof that the suite would notice. */
export const brokenStores: readonly BrokenStore[] = [
  ...brokenReserves,
  ...brokenSettles,
  ...brokenExpiries,
  ...brokenBudgets,
  ...brokenWarnings,
  ...brokenDefaults,
  ...brokenParents,
  ...brokenLeases,
  ...brokenLists,
  ...brokenRuns,
  ...brokenClaims,
  ...brokenRests,
  ...brokenSteps,
  ...brokenCosts,
  ...brokenCheckpoints,
  ...brokenFollows,
  ...brokenThreads,
  ...brokenLines,
  ...brokenWrites,
  ...brokenPages,
  ...brokenCounts,
  ...brokenThinning,
  ...brokenCopies,
  ...brokenLifetimes,
  ...brokenItems,
  ...brokenItemSearches,
];
