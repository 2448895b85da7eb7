import type { Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { settleCall } from "./settle-call.ts";

/** A batch of settles, in the order given; the warnings that are due go with the last. */
export function settleCalls(
  tenant: MemoryTenant,
  settlements: readonly Settlement[],
  nowMs: number,
): readonly SettleVerdict[] {
  const verdicts = settlements.map((settlement) => settleCall(tenant, settlement, nowMs));
  const last = verdicts.at(-1);
  if (last !== undefined) verdicts[verdicts.length - 1] = { ...last, ...tenant.warnings.field() };
  return verdicts;
}
