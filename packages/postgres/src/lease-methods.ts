import type { CallLabel, LeasedCall, LeaseStore } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import { receiptRow } from "./receipt-json.ts";
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
      const column = <T>(of: (call: LeasedCall) => T): readonly T[] => calls.map(of);
      const label = (name: Exclude<keyof CallLabel, "runId">) =>
        column(({ label: { [name]: text } }) => (text === undefined ? null : cleanText(text)));
      const receipts = calls.map(({ receipt }) => receiptRow(receipt));
      const json = await driver.call("post_leased", [
        keyOf("tenant", tenant),
        leaseId,
        keepNanoUsd ?? null,
        Math.round(ttlMs),
        column(({ callId }) => uuidOf("call id", callId)),
        column(({ settlementId }) => uuidOf("settlement id", settlementId)),
        column(({ kind }) => kind),
        column(({ heldNanoUsd }) => heldNanoUsd),
        column(({ costNanoUsd }) => costNanoUsd),
        column(({ label: { runId } }) => (runId === undefined ? null : uuidOf("run id", runId))),
        label("step"),
        label("agent"),
        label("checkpointId"),
        label("thread"),
        label("provider"),
        label("model"),
        receipts.map(({ counts }) => counts.inputTokens),
        receipts.map(({ counts }) => counts.outputTokens),
        receipts.map(({ counts }) => counts.latencyMs),
        receipts.map(({ counts }) => counts.hasReason),
        receipts.map(({ json: text }) => text),
      ]);
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
