import type { Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import type { MemoryCall, MemoryHold } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { amendCall, closeHold, overrunOf } from "./write-entry.ts";

/**
 * One settle: closes the hold, or corrects a call that was closed without its bill. See `LedgerStore.settle`.
 */
export function settleCall(tenant: MemoryTenant, settlement: Settlement, nowMs: number): SettleVerdict {
  const { callId, settlementId, kind, receipt } = settlement;
  const hold = tenant.holds.get(callId);
  if (hold !== undefined) {
    const chargedNanoUsd = settlement.costNanoUsd ?? hold.amountNanoUsd;
    const closed = closeHold(tenant, hold, { id: settlementId, kind, chargedNanoUsd, receipt }, nowMs);
    return verdictOf(closed, "settled");
  }
  const call = tenant.calls.get(callId);
  if (call === undefined) {
    if (kind === "void")
      closeHold(tenant, neverHeld(callId), { id: settlementId, kind, chargedNanoUsd: 0n, receipt }, nowMs);
    return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
  }
  return settleClosedCall(tenant, call, settlement, nowMs);
}

/** Stands for a call that was given up before it was reserved, so that its reserve, should it still arrive, finds it closed. */
function neverHeld(callId: string): MemoryHold {
  return {
    callId,
    budgetIds: [],
    windows: [],
    boundNanoUsd: 0n,
    amountNanoUsd: 0n,
    chargeOnExpiry: false,
    epoch: undefined,
    label: { provider: "", model: "" },
    expiresAtMs: 0,
  };
}

/** The verdict on a call as it stands now. */
export function verdictOf(call: MemoryCall, code: SettleVerdict["code"]): SettleVerdict {
  return {
    callId: call.hold.callId,
    code,
    chargedNanoUsd: call.totalNanoUsd,
    overrunNanoUsd: overrunOf(call),
  };
}

function settleClosedCall(
  tenant: MemoryTenant,
  call: MemoryCall,
  settlement: Settlement,
  nowMs: number,
): SettleVerdict {
  const { settlementId, costNanoUsd, receipt } = settlement;
  const isKnown = call.entries.some((entry) => entry.id === settlementId);
  if (isKnown || costNanoUsd === undefined) return verdictOf(call, "replay");
  if (call.awaitsBill) {
    call.awaitsBill = false;
    const chargedNanoUsd = costNanoUsd - call.totalNanoUsd;
    amendCall(tenant, call, { id: settlementId, kind: "late", chargedNanoUsd, receipt }, nowMs);
    return verdictOf(call, "late");
  }
  return verdictOf(call, costNanoUsd === call.totalNanoUsd ? "replay" : "conflict");
}
