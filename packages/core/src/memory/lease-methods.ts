import type { LeasedCall, LeaseState, LeaseStore } from "../ports/lease-store.ts";
import { LEASE_LABEL } from "../ports/lease-store.ts";
import type { MemoryHold } from "./memory-call.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { closeHold } from "./write-entry.ts";

/** The part of the memory ledger that keeps leases. */
export function leaseMethods(state: MemoryState): LeaseStore {
  return {
    async post(tenantId, { leaseId, calls, keepNanoUsd, ttlMs }): Promise<LeaseState | undefined> {
      const tenant = state.tenant(tenantId);
      const nowMs = state.now();
      const held = tenant.holds.get(leaseId);
      const lease = held ?? tenant.calls.get(leaseId)?.hold;
      if (lease === undefined) return undefined;
      let used = 0n;
      for (const call of calls) used += chargeOn(tenant, lease, call, nowMs);
      if (held !== undefined) {
        shrink(held, least(held.amountNanoUsd - used, keepNanoUsd));
        held.expiresAtMs = nowMs + ttlMs;
      }
      const isPaused = lease.budgetIds.some((id) => tenant.budgets.get(id)?.paused);
      const isEnded = lease.windows.some(
        ({ resetsAt }) => resetsAt !== undefined && resetsAt.getTime() <= nowMs,
      );
      return {
        isHeld: held !== undefined,
        amountNanoUsd: held?.amountNanoUsd ?? 0n,
        isWanted: lease.isWanted === true || isPaused || isEnded,
        ...tenant.warnings.field(),
      };
    },
    async recall(tenantId, budgetIds) {
      recallLeases(state.tenant(tenantId), budgetIds);
    },
  };
}

/** Marks leases on any of these budgets as wanted. */
export function recallLeases({ holds }: MemoryTenant, budgetIds: readonly string[]): void {
  for (const hold of holds.values())
    if (isLease(hold) && hold.budgetIds.some((id) => budgetIds.includes(id))) hold.isWanted = true;
}

/** What it takes of the lease, in nano-dollars: up to its hold. Nothing for a call that was posted before. */
function chargeOn(tenant: MemoryTenant, lease: MemoryHold, call: LeasedCall, nowMs: number): bigint {
  const { callId, settlementId, kind, heldNanoUsd, costNanoUsd, label, receipt } = call;
  if (tenant.calls.has(callId)) return 0n;
  const { budgetIds, windows, chargeOnExpiry } = lease;
  // Its hold is the lease's: what closing it gives back is taken here.
  for (const window of windows) window.reservedNanoUsd += heldNanoUsd;
  const hold = { boundNanoUsd: heldNanoUsd, amountNanoUsd: heldNanoUsd, epoch: undefined, expiresAtMs: 0 };
  closeHold(
    tenant,
    { ...hold, callId, budgetIds, windows, chargeOnExpiry, label },
    { id: settlementId, kind, chargedNanoUsd: costNanoUsd, receipt },
    nowMs,
  );
  return costNanoUsd < heldNanoUsd ? costNanoUsd : heldNanoUsd;
}

function shrink(lease: MemoryHold, toNanoUsd: bigint): void {
  for (const window of lease.windows) window.reservedNanoUsd -= lease.amountNanoUsd - toNanoUsd;
  lease.amountNanoUsd = toNanoUsd;
}

function least(left: bigint, keep: bigint | undefined): bigint {
  const kept = keep !== undefined && keep < left ? keep : left;
  return kept > 0n ? kept : 0n;
}

function isLease({ label }: MemoryHold): boolean {
  return label.provider === LEASE_LABEL.provider && label.model === LEASE_LABEL.model;
}
