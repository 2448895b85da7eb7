import { receiptCounts } from "../budget/receipt-counts.ts";
import type { CallLabel, CostGroup, EntryKind } from "../ports/ledger-store.ts";
import type { MemoryCall, MemoryEntry } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";

/** What is added up of one label. Amounts in nano-dollars. */
interface Sums {
  readonly label: CallLabel;
  readonly calls: Set<string>;
  readonly failed: Set<string>;
  chargedNanoUsd: bigint;
  inputTokens: number;
  outputTokens: number;
  latencyMs: number;
  inexact: number;
}

/** The entries of a run added up by label. See `LedgerStore.costs`. */
export function costGroups(tenant: MemoryTenant, runId: string): readonly CostGroup[] {
  const groups = new Map<string, Sums>();
  for (const entry of tenant.entriesOfRun.get(runId)?.rows ?? []) {
    const { label } = entry.call.hold;
    const { step, agent, checkpointId, thread, provider, model } = label;
    const key = JSON.stringify([step, agent, checkpointId, thread, provider, model]);
    let sums = groups.get(key);
    if (sums === undefined) {
      sums = emptySums(label);
      groups.set(key, sums);
    }
    addEntry(sums, entry);
  }
  return Array.from(groups.values(), ({ label, calls, failed, ...sums }) => {
    return { label: { ...label }, calls: calls.size, failures: failed.size, ...sums };
  });
}

function emptySums(label: CallLabel): Sums {
  return {
    label,
    calls: new Set(),
    failed: new Set(),
    chargedNanoUsd: 0n,
    inputTokens: 0,
    outputTokens: 0,
    latencyMs: 0,
    inexact: 0,
  };
}

function addEntry(sums: Sums, { kind, call, chargedNanoUsd, receipt }: MemoryEntry): void {
  const { callId } = call.hold;
  sums.calls.add(callId);
  sums.chargedNanoUsd += chargedNanoUsd;
  const counts = receiptCounts(receipt);
  sums.inputTokens += counts.inputTokens;
  sums.outputTokens += counts.outputTokens;
  sums.latencyMs += counts.latencyMs;
  if (counts.hasReason) sums.failed.add(callId);
  if (call.inDoubt || (isBound(kind) && !isCorrected(call))) sums.inexact += 1;
}

function isBound(kind: EntryKind): boolean {
  return kind === "unmeasured" || kind === "estimate";
}

function isCorrected({ entries }: MemoryCall): boolean {
  return entries.some(({ kind }) => kind === "correction");
}
