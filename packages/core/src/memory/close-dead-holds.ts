import type { Ids } from "../ports/ids.ts";
import type { MemoryHold } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { closeHold } from "./write-entry.ts";

const NOT_RENEWED = { reason: "the hold was not renewed: its process died or lost the database" };
const TAKEN_OVER = { reason: "the run was taken over while this call was open" };

/**
 * Closes holds that outlived their expiry, at most `limit`, charged or released as was said when they were
 * taken.
 */
export function expireHolds(tenant: MemoryTenant, limit: number, nowMs: number, ids: Ids): number {
  const expired: MemoryHold[] = [];
  for (const hold of tenant.holds.values()) {
    if (expired.length >= limit) break;
    if (hold.expiresAtMs <= nowMs) expired.push(hold);
  }
  for (const hold of expired) {
    const chargedNanoUsd = hold.chargeOnExpiry ? hold.amountNanoUsd : 0n;
    closeHold(tenant, hold, { id: ids.next(), kind: "expire", chargedNanoUsd, receipt: NOT_RENEWED }, nowMs);
  }
  return expired.length;
}

/** Closes the open holds that earlier epochs of a run left, in doubt and charged in full. */
export function closeHoldsOfOlderEpochs(
  tenant: MemoryTenant,
  runId: string,
  epoch: number,
  nowMs: number,
  ids: Ids,
): void {
  const orphans = [...tenant.holds.values()].filter(
    (hold) => hold.label.runId === runId && hold.epoch !== undefined && hold.epoch < epoch,
  );
  for (const hold of orphans) {
    const chargedNanoUsd = hold.amountNanoUsd;
    closeHold(tenant, hold, { id: ids.next(), kind: "doubt", chargedNanoUsd, receipt: TAKEN_OVER }, nowMs);
  }
}
