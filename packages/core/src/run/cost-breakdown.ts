import { decimalUsd } from "../money/money.ts";
import type { Entry } from "../ports/ledger-store.ts";

/** What calls of one kind cost together. Money is a decimal string in US dollars. */
export interface CostRow {
  readonly step: string | undefined;
  readonly agent: string | undefined;
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: string;
  /** How many of the calls are in doubt or were charged at their hold, so that `cost` is a bound. */
  readonly inexact: number;
}

/** What a run has cost, by step, agent and model. */
export interface CostBreakdown {
  readonly total: string;
  readonly calls: number;
  readonly inexact: number;
  readonly rows: readonly CostRow[];
}

type Tally = { -readonly [Key in keyof Omit<CostRow, "cost">]: CostRow[Key] } & { nanoUsd: bigint };

/** Adds up the entries of a run. Rows come in the order of their first call. */
export function costBreakdown(entries: readonly Entry[]): CostBreakdown {
  const tallies = new Map<string, Tally>();
  const counted = new Set<string>();
  for (const entry of entries) {
    const { step, agent, provider, model } = entry.label;
    const key = JSON.stringify([step, agent, provider, model]);
    const tally = tallies.get(key) ?? {
      step,
      agent,
      provider,
      model,
      calls: 0,
      inputTokens: 0,
      outputTokens: 0,
      inexact: 0,
      nanoUsd: 0n,
    };
    tallies.set(key, tally);
    tally.nanoUsd += entry.chargedNanoUsd;
    if (!counted.has(entry.callId)) tally.calls++;
    counted.add(entry.callId);
    if (entry.inDoubt || entry.kind === "unmeasured" || entry.kind === "estimate") tally.inexact++;
    const usage = usageOf(entry);
    tally.inputTokens += usage.inputTokens;
    tally.outputTokens += usage.outputTokens;
  }
  const rows = Array.from(tallies.values(), ({ nanoUsd, ...row }) => ({ ...row, cost: decimalUsd(nanoUsd) }));
  const total = Array.from(tallies.values()).reduce((sum, tally) => sum + tally.nanoUsd, 0n);
  return {
    total: decimalUsd(total),
    calls: counted.size,
    inexact: rows.reduce((sum, row) => sum + row.inexact, 0),
    rows,
  };
}

function usageOf(entry: Entry): { readonly inputTokens: number; readonly outputTokens: number } {
  const usage = entry.receipt["usage"] as { inputTokens?: unknown; outputTokens?: unknown } | undefined;
  return { inputTokens: count(usage?.inputTokens), outputTokens: count(usage?.outputTokens) };
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
