import { describe, test } from "vitest";
import { checkpointCountsCases } from "./checkpoint-counts.ts";
import { checkpointFollowsCases } from "./checkpoint-follows.ts";
import { checkpointLinesCases } from "./checkpoint-lines.ts";
import { checkpointPagesCases } from "./checkpoint-pages.ts";
import { checkpointPutsCases } from "./checkpoint-puts.ts";
import { checkpointThreadsCases } from "./checkpoint-threads.ts";
import { checkpointWritesCases } from "./checkpoint-writes.ts";
import { checkpointStatesCases } from "./checkpoint-states.ts";
import { closingCases } from "./closing.ts";
import type { DatabaseCase, DatabaseHarness } from "./database-case.ts";
import { hostileTextsCases } from "./hostile-texts.ts";
import { itemNamespacesCases } from "./item-namespaces.ts";
import { itemSearchesCases } from "./item-searches.ts";
import { itemsCases } from "./items.ts";
import { ledgerCorrectionCases } from "./ledger-correction.ts";
import { ledgerCostsCases } from "./ledger-costs.ts";
import { ledgerDefaultsCases } from "./ledger-defaults.ts";
import { ledgerExpiryCases } from "./ledger-expiry.ts";
import { ledgerIdentityCases } from "./ledger-identity.ts";
import { ledgerLeasesCases } from "./ledger-leases.ts";
import { ledgerListsCases } from "./ledger-lists.ts";
import { ledgerParentsCases } from "./ledger-parents.ts";
import { ledgerReserveCases } from "./ledger-reserve.ts";
import { ledgerSettleCases } from "./ledger-settle.ts";
import { ledgerTakeoverCases } from "./ledger-takeover.ts";
import { ledgerWarningsCases } from "./ledger-warnings.ts";
import { ledgerWindowsCases } from "./ledger-windows.ts";
import { ledgerZonesCases } from "./ledger-zones.ts";
import { runRestCases } from "./run-rest.ts";
import { runClaimsCases } from "./run-claims.ts";
import { runsCases } from "./runs.ts";
import { stepsCases } from "./steps.ts";
import { threadCopiesCases } from "./thread-copies.ts";
import { threadLifetimesCases } from "./thread-lifetimes.ts";
import { threadThinningCases } from "./thread-thinning.ts";

const THEMES: Readonly<Record<string, readonly DatabaseCase[]>> = {
  reserve: ledgerReserveCases,
  identity: ledgerIdentityCases,
  takeover: ledgerTakeoverCases,
  settle: ledgerSettleCases,
  correction: ledgerCorrectionCases,
  expiry: ledgerExpiryCases,
  windows: ledgerWindowsCases,
  zones: ledgerZonesCases,
  warnings: ledgerWarningsCases,
  defaults: ledgerDefaultsCases,
  parents: ledgerParentsCases,
  leases: ledgerLeasesCases,
  lists: ledgerListsCases,
  costs: ledgerCostsCases,
  runs: runsCases,
  claims: runClaimsCases,
  rest: runRestCases,
  steps: stepsCases,
  puts: checkpointPutsCases,
  follows: checkpointFollowsCases,
  threads: checkpointThreadsCases,
  lines: checkpointLinesCases,
  writes: checkpointWritesCases,
  pages: checkpointPagesCases,
  counts: checkpointCountsCases,
  thinning: threadThinningCases,
  copies: threadCopiesCases,
  lifetimes: threadLifetimesCases,
  items: itemsCases,
  searches: itemSearchesCases,
  namespaces: itemNamespacesCases,
  texts: hostileTextsCases,
  closing: closingCases,
};

/** Every promise of a database, each runnable on a fresh harness. Titles are unique. */
export const databaseCases: readonly DatabaseCase[] = Object.values(THEMES).flat();

/** Further promises, kept by core on top of a database: a broken one breaks several of these at once. */
export const stateCases: readonly DatabaseCase[] = checkpointStatesCases;

/**
 * Which database is tested, and which tests cannot hold for it: each by its title, with the reason that is
 * printed.
 */
export interface DatabaseSuiteOptions {
  readonly name: string;
  readonly create: () => Promise<DatabaseHarness>;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
  /** For one test, in milliseconds; 120,000 when left out. */
  readonly timeoutMs?: number;
}

/** Registers every case as a vitest test on a database of its own. Throws when `skip` names no case. */
export function databaseSuite({ name, create, skip = [], timeoutMs = 120_000 }: DatabaseSuiteOptions): void {
  const reasons = new Map(skip.map(({ test: title, reason }) => [title, reason]));
  for (const title of reasons.keys()) {
    if (![...databaseCases, ...stateCases].some((known) => known.title === title)) {
      throw new Error(`databaseSuite cannot skip "${title}": no case has this title.`);
    }
  }
  describe(name, () => {
    for (const [theme, cases] of Object.entries({ ...THEMES, states: stateCases })) {
      describe(theme, () => {
        for (const { title, run } of cases) {
          const reason = reasons.get(title);
          if (reason !== undefined) test.skip(`${title} (skipped: ${reason})`, () => {});
          else test(title, () => runOnFreshDatabase(create, run), timeoutMs);
        }
      });
    }
  });
}

async function runOnFreshDatabase(
  create: () => Promise<DatabaseHarness>,
  run: DatabaseCase["run"],
): Promise<void> {
  const harness = await create();
  try {
    await run(harness);
  } finally {
    await harness.dispose();
  }
}
