import type { Entry, EntryFilter } from "../ports/ledger-store.ts";
import { byteOrder } from "./byte-order.ts";
import type { MemoryEntry } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { SortedById } from "./sorted-by-id.ts";

/** One page of entries by ascending id. Reads the narrowest index, so that the work follows the result. */
export function listEntries(tenant: MemoryTenant, filter: EntryFilter): readonly Entry[] {
  const { runId, thread, callId, budgetId, inDoubt, after, limit } = filter;
  const page = narrowest(tenant, filter)?.after(after, limit, ({ call }) => {
    if (runId !== undefined && call.hold.label.runId !== runId) return false;
    if (thread !== undefined && call.hold.label.thread !== thread) return false;
    if (callId !== undefined && call.hold.callId !== callId) return false;
    if (budgetId !== undefined && !call.hold.budgetIds.includes(budgetId)) return false;
    return inDoubt === undefined || call.inDoubt === inDoubt;
  });
  return page?.map(entryOf) ?? [];
}

function narrowest(tenant: MemoryTenant, filter: EntryFilter): SortedById<MemoryEntry> | undefined {
  if (filter.callId !== undefined) return entriesOfCall(tenant, filter.callId);
  if (filter.inDoubt === true) return tenant.entriesInDoubt;
  if (filter.runId !== undefined) return tenant.entriesOfRun.get(filter.runId);
  if (filter.thread !== undefined) return tenant.entriesOfThread.get(filter.thread);
  if (filter.budgetId !== undefined) return tenant.entriesOfBudget.get(filter.budgetId);
  return tenant.entries;
}

function entriesOfCall(tenant: MemoryTenant, callId: string): SortedById<MemoryEntry> | undefined {
  const call = tenant.calls.get(callId);
  if (call === undefined) return undefined;
  const sorted = new SortedById<MemoryEntry>();
  for (const entry of call.entries.toSorted((a, b) => byteOrder(a.id, b.id))) sorted.add(entry);
  return sorted;
}

function entryOf(entry: MemoryEntry): Entry {
  const { hold, inDoubt } = entry.call;
  return {
    id: entry.id,
    callId: hold.callId,
    kind: entry.kind,
    budgetIds: [...hold.budgetIds],
    heldNanoUsd: hold.amountNanoUsd,
    chargedNanoUsd: entry.chargedNanoUsd,
    inDoubt,
    at: new Date(entry.atMs),
    label: { ...hold.label },
    receipt: structuredClone(entry.receipt),
  };
}
