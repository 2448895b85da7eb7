import type { Discrepancy, LedgerStore, ReserveRequest, WindowKind } from "@wflo/core";
import { budgetMethods } from "./budget-methods.ts";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import { listCosts } from "./list-costs.ts";
import { listEntries } from "./list-entries.ts";
import { readReserve, readSettle, type ReserveJson, type SettleJson } from "./read-verdict.ts";
import { receiptJson } from "./receipt-json.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readSettlements, settlementsJson } from "./settlements.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** The ledger on PostgreSQL: every method is one statement, whose rules are in `migrations/`. */
export function ledgerStore(driver: MigratedDriver): LedgerStore {
  return {
    ...budgetMethods(driver),
    async reserve(request) {
      return readReserve((await driver.call("reserve", reserveArgs(request))) as ReserveJson);
    },
    async settle(tenant, settlements) {
      if (settlements.length === 0) return [];
      const args = [keyOf("tenant", tenant), settlementsJson(settlements)];
      return readSettlements(settlements, await driver.call("settle", args));
    },
    async correct(tenant, { callId, correctionId, costNanoUsd, receipt }) {
      if (!isUuid(callId)) return undefined;
      const cost = costNanoUsd > 0n ? costNanoUsd : 0n;
      const ids = [keyOf("tenant", tenant), callId, uuidOf("correction id", correctionId)];
      const verdict = await driver.call("correct", [...ids, cost, receiptJson(receipt)]);
      return verdict === undefined ? undefined : readSettle(verdict as SettleJson, callId);
    },
    async renew(tenant, callIds, ttlMs) {
      const ids = callIds.filter(isUuid);
      if (ids.length > 0) await driver.call("renew", [keyOf("tenant", tenant), ids, Math.round(ttlMs)]);
    },
    async expire(limit) {
      return Number(await driver.call("expire", [limit]));
    },
    listEntries: (tenant, filter) => listEntries(driver, tenant, filter),
    costs: (tenant, runId) => listCosts(driver, tenant, runId),
    async reconcile(tenant) {
      const rows = await driver.call("reconcile", [keyOf("tenant", tenant)]);
      return (rows as readonly DiscrepancyJson[]).map(readDiscrepancy);
    },
  };
}

/** In the order of the parameters of `wflo.reserve`. */
function reserveArgs(request: ReserveRequest): readonly unknown[] {
  const { runId, step, agent, checkpointId, thread, provider, model } = request.label;
  const { replaces } = request;
  return [
    keyOf("tenant", request.tenant),
    uuidOf("call id", request.callId),
    [...new Set(request.budgetIds)].map((id) => keyOf("budget id", id)),
    request.boundNanoUsd,
    request.needNanoUsd,
    request.targetNanoUsd,
    Math.max(1, Math.floor(request.share)),
    Math.round(request.ttlMs),
    request.epoch,
    replaces !== undefined && isUuid(replaces) ? replaces : null,
    runId === undefined ? null : uuidOf("run id", runId),
    step === undefined ? null : cleanText(step),
    agent === undefined ? null : cleanText(agent),
    checkpointId === undefined ? null : cleanText(checkpointId),
    thread === undefined ? null : cleanText(thread),
    cleanText(provider),
    cleanText(model),
  ];
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
