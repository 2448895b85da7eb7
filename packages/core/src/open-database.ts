import { tellingDatabase } from "./budget/telling-database.ts";
import { InvalidOptionError } from "./errors/invalid-option-error.ts";
import { settleMode } from "./guard/settle-mode.ts";
import type { LeaseMeans } from "./leases/lease-means.ts";
import { leasedBudgets } from "./leases/leased-budgets.ts";
import { leasingDatabase } from "./leases/leasing-database.ts";
import { memoryDatabase } from "./memory/memory-database.ts";
import type { Database } from "./ports/database.ts";
import type { Emitter } from "./telemetry/emitter.ts";
import type { WfloOptions } from "./wflo-options.ts";

/** The database of a client: with leases where it wants some, and telling its warnings. Throws `InvalidOptionError` for what is none. */
export function openDatabase(
  { database, lease, settle, waitUntil }: WfloOptions,
  { emitter, ...means }: Omit<LeaseMeans, "ledger" | "tell" | "money"> & { readonly emitter: Emitter },
): { readonly database: Database; readonly flushLeases: (() => Promise<void>) | undefined } {
  const bare = database ?? memoryDatabase();
  if (typeof bare?.ledger?.reserve !== "function") {
    throw new InvalidOptionError(
      'The option database takes postgres(), pglite(".wflo") or memoryDatabase(), not a URL.',
    );
  }
  if (lease !== undefined && (waitUntil !== undefined || (settle ?? settleMode(false)) === "await")) {
    throw new InvalidOptionError(
      'lease posts bills later, which a call that waits for its charge (settle: "await", waitUntil, hosts that freeze a process) must not rely on. Leave one of the two out.',
    );
  }
  const leasing = lease && leasingDatabase(bare, leasedBudgets(lease), means);
  return {
    database: tellingDatabase(leasing?.database ?? bare, means.tenant, emitter),
    flushLeases: leasing?.flush,
  };
}
