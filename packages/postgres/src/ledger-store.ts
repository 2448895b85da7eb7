import type { Discrepancy, LedgerStore, WindowKind } from "@wflo/core";
import { budgetMethods } from "./budget-methods.ts";
import { CallWriter } from "./call-writer.ts";
import { defaultMethods } from "./default-methods.ts";
import { keyOf } from "./key-of.ts";
import { leaseMethods } from "./lease-methods.ts";
import { listCosts } from "./list-costs.ts";
import { listEntries } from "./list-entries.ts";
import { readSettle, type SettleJson } from "./read-verdict.ts";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { settlementJson } from "./settlements.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** The ledger on PostgreSQL: every method is one statement, whose rules are in `migrations/`; reserves and settles that wait share one. */
export function ledgerStore(driver: MigratedDriver): LedgerStore {
  const writer = new CallWriter(driver);
  return {
    ...budgetMethods(driver),
    ...defaultMethods(driver),
    ...leaseMethods(driver),
    reserve: (request) => writer.reserve(request),
    settle: (...args) => writer.settle(...args),
    async correct(tenant, { callId, correctionId, costNanoUsd, receipt }) {
      if (!isUuid(callId)) return undefined;
      const correction = settlementJson({
        callId,
        settlementId: uuidOf("correction id", correctionId),
        kind: "correction",
        costNanoUsd: costNanoUsd > 0n ? costNanoUsd : 0n,
        receipt,
      });
      const verdict = await driver.call("correct", [keyOf("tenant", tenant), correction]);
      return verdict === undefined ? undefined : readSettle(verdict as SettleJson, callId);
    },
    async renew(tenant, callIds, ttlMs) {
      const ids = callIds.filter(isUuid);
      if (ids.length > 0) await driver.call("renew", [keyOf("tenant", tenant), ids, Math.round(ttlMs)]);
    },
    async expire(limit, watch) {
      const tenant = watch === undefined ? null : keyOf("tenant", watch.tenant);
      const { closed, warnings } = (await driver.call("expire", [limit, tenant])) as ExpiryJson;
      if (warnings !== null) watch?.tell(readWarnings(warnings));
      return closed;
    },
    listEntries: (tenant, filter) => listEntries(driver, tenant, filter),
    costs: (tenant, runId) => listCosts(driver, tenant, runId),
    async reconcile(tenant) {
      const rows = await driver.call("reconcile", [keyOf("tenant", tenant)]);
      return (rows as readonly DiscrepancyJson[]).map(readDiscrepancy);
    },
  };
}

interface ExpiryJson {
  readonly closed: number;
  readonly warnings: readonly WarningJson[] | null;
}

interface DiscrepancyJson {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly spent: string;
  readonly entries: string;
  readonly reserved: string;
  readonly holds: string;
}

function readDiscrepancy(json: DiscrepancyJson): Discrepancy {
  return {
    budgetId: json.budgetId,
    window: json.window,
    spentNanoUsd: BigInt(json.spent),
    entriesNanoUsd: BigInt(json.entries),
    reservedNanoUsd: BigInt(json.reserved),
    holdsNanoUsd: BigInt(json.holds),
  };
}
