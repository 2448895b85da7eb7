import type { LedgerStore, SettleVerdict } from "../ports/ledger-store.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { verdictOf } from "./settle-call.ts";
import { amendCall } from "./write-entry.ts";

/** Sets the total of a closed call by hand, once per correction id. See `LedgerStore.correct`. */
export function correctCall(
  tenant: MemoryTenant,
  correction: Parameters<LedgerStore["correct"]>[1],
  nowMs: number,
): SettleVerdict | undefined {
  const call = tenant.calls.get(correction.callId);
  if (call === undefined) return undefined;
  const { correctionId: id, receipt } = correction;
  if (call.entries.some((entry) => entry.id === id)) return verdictOf(call, "replay");
  const costNanoUsd = correction.costNanoUsd > 0n ? correction.costNanoUsd : 0n;
  const chargedNanoUsd = costNanoUsd - call.totalNanoUsd;
  amendCall(tenant, call, { id, kind: "correction", chargedNanoUsd, receipt }, nowMs);
  return { ...verdictOf(call, "settled"), ...tenant.warnings.field() };
}
