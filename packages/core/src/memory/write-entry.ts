import type { EntryKind } from "../ports/ledger-store.ts";
import type { MemoryCall, MemoryEntry, MemoryHold } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { SortedById } from "./sorted-by-id.ts";

/** What an entry says beyond its call. Amounts in nano-dollars. */
export interface EntryDraft {
  readonly id: string;
  readonly kind: EntryKind;
  readonly chargedNanoUsd: bigint;
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** Gives the held money back, charges the call, and writes its first entry. */
export function closeHold(
  tenant: MemoryTenant,
  hold: MemoryHold,
  draft: EntryDraft,
  nowMs: number,
): MemoryCall {
  const inDoubt = draft.kind === "doubt" || draft.kind === "expire";
  const call: MemoryCall = { hold, entries: [], totalNanoUsd: 0n, inDoubt, awaitsBill: inDoubt };
  for (const window of hold.windows) window.reservedNanoUsd -= hold.amountNanoUsd;
  tenant.holds.delete(hold.callId);
  tenant.calls.set(hold.callId, call);
  const entry = appendEntry(tenant, call, draft, nowMs);
  if (inDoubt) tenant.entriesInDoubt.add(entry);
  return call;
}

/** Writes a late bill or a correction, which ends the doubt about the call. */
export function amendCall(tenant: MemoryTenant, call: MemoryCall, draft: EntryDraft, nowMs: number): void {
  if (call.inDoubt) {
    call.inDoubt = false;
    for (const entry of call.entries) tenant.entriesInDoubt.remove(entry);
  }
  appendEntry(tenant, call, draft, nowMs);
}

/** What the bills of a call brought above its hold, in nano-dollars. */
export function overrunOf(call: MemoryCall): bigint {
  const overrun = call.totalNanoUsd - call.hold.amountNanoUsd;
  return overrun > 0n ? overrun : 0n;
}

function appendEntry(tenant: MemoryTenant, call: MemoryCall, draft: EntryDraft, nowMs: number): MemoryEntry {
  const { id, kind, chargedNanoUsd, receipt } = draft;
  const entry: MemoryEntry = { id, kind, call, chargedNanoUsd, atMs: nowMs, receipt };
  const overrunBefore = overrunOf(call);
  call.totalNanoUsd += chargedNanoUsd;
  const overrunNanoUsd = overrunOf(call) - overrunBefore;
  for (const window of call.hold.windows) {
    window.spentNanoUsd += chargedNanoUsd;
    if (overrunNanoUsd !== 0n) window.overrunNanoUsd += overrunNanoUsd;
    if (window.isDue) tenant.warnings.due(window);
  }
  call.entries.push(entry);
  tenant.entries.add(entry);
  const { runId, thread } = call.hold.label;
  if (runId !== undefined) addTo(tenant.entriesOfRun, runId, entry);
  if (thread !== undefined) addTo(tenant.entriesOfThread, thread, entry);
  for (const budgetId of call.hold.budgetIds) addTo(tenant.entriesOfBudget, budgetId, entry);
  return entry;
}

function addTo(index: Map<string, SortedById<MemoryEntry>>, key: string, entry: MemoryEntry): void {
  const entries = index.get(key);
  if (entries !== undefined) return entries.add(entry);
  const fresh = new SortedById<MemoryEntry>();
  fresh.add(entry);
  index.set(key, fresh);
}
