import type { LeasedCall, LeaseStore } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import { receiptJson } from "./receipt-json.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

interface StateJson {
  readonly isHeld: boolean;
  readonly amount: string;
  readonly isWanted: boolean;
  readonly warnings: readonly WarningJson[] | null;
}

/** The part of the ledger that keeps leases. */
export function leaseMethods(driver: MigratedDriver): LeaseStore {
  return {
    async post(tenant, { leaseId, calls, keepNanoUsd, ttlMs }) {
      if (!isUuid(leaseId)) return undefined;
      const args = [keyOf("tenant", tenant), leaseId, `[${calls.map(itemOf).join(",")}]`];
      const json = await driver.call("post_leased", [...args, keepNanoUsd ?? null, Math.round(ttlMs)]);
      if (json === undefined) return undefined;
      const { isHeld, amount, isWanted, warnings } = json as StateJson;
      const state = { isHeld, amountNanoUsd: BigInt(amount), isWanted };
      return warnings === null ? state : { ...state, warnings: readWarnings(warnings) };
    },
    async recall(tenant, budgetIds) {
      const ids = budgetIds.map((id) => keyOf("budget id", id));
      if (ids.length > 0) await driver.call("recall", [keyOf("tenant", tenant), ids]);
    },
  };
}

function itemOf({
  callId,
  settlementId,
  kind,
  heldNanoUsd,
  costNanoUsd,
  label,
  receipt,
}: LeasedCall): string {
  const ids = {
    callId: uuidOf("call id", callId),
    settlementId: uuidOf("settlement id", settlementId),
    kind,
  };
  const head = { ...ids, held: String(heldNanoUsd), cost: String(costNanoUsd), label: cleanLabel(label) };
  return `${JSON.stringify(head).slice(0, -1)},"receipt":${receiptJson(receipt)}}`;
}

function cleanLabel(label: LeasedCall["label"]): object {
  return Object.fromEntries(
    Object.entries(label).map(([name, text]) => [name, text === undefined ? undefined : cleanText(text)]),
  );
}
