import type { Database, StepCommitVerdict } from "@wflo/core";
import { checkpointStore } from "./checkpoint-store.ts";
import { cleanText } from "./clean-text.ts";
import { deleteTenant } from "./delete-tenant.ts";
import type { Driver } from "./driver.ts";
import { exactText } from "./exact-text.ts";
import { itemStore } from "./item-store.ts";
import { keyOf } from "./key-of.ts";
import { ledgerStore } from "./ledger-store.ts";
import { runStore } from "./run-store.ts";
import { MigratedDriver } from "./migrated-driver.ts";
import { readSettlements, settlementRows, settlementsJson } from "./settlements.ts";
import { uuidOf } from "./uuid-of.ts";

/** A database that keeps its own tables up to date. */
export interface PostgresDatabase extends Database {
  /** Makes or updates the tables now, as a deployment step may want; else the first use does. Throws `StoreUnavailableError`. */
  migrate(): Promise<void>;
  /**
   * Deletes everything that is kept of a tenant: budgets, holds, entries, runs, checkpoints, items. There is no way back, and what the
   * tenant has spent is forgotten. Calls that are open then are lost. Throws `StoreUnavailableError`.
   */
  deleteTenant(tenant: string): Promise<void>;
}

/** The ports on one driver. */
export function databaseOn(bare: Driver): PostgresDatabase {
  const driver = new MigratedDriver(bare);
  return {
    ledger: ledgerStore(driver),
    runs: runStore(driver),
    checkpoints: checkpointStore(driver),
    items: itemStore(driver),
    async commitStep({ tenant, runId, epoch, path, checkpointId, result, tookMs, settlements }) {
      const rows = settlementRows(settlements);
      const verdict = (await driver.call("commit_step", [
        keyOf("tenant", tenant),
        uuidOf("run id", runId),
        epoch,
        exactText("step path", path),
        checkpointId === undefined ? null : cleanText(checkpointId),
        result,
        tookMs,
        settlementsJson(rows),
      ])) as {
        readonly code: StepCommitVerdict["code"];
        readonly settled: unknown;
        readonly recorded?: string | null;
      };
      const { code, recorded } = verdict;
      return { code, settled: readSettlements(rows, verdict.settled), recorded: recorded ?? undefined };
    },
    migrate: () => driver.migrate(),
    deleteTenant: (tenant) => deleteTenant(driver, tenant),
    close: () => driver.close(),
  };
}
