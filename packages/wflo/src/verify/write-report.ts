import { decimalUsd } from "@wflo/core";
import { judgePromises, surprises } from "./judge-promises.ts";
import { percentile } from "./percentile.ts";
import type { PlayResult } from "./play-result.ts";
import type { VerifyOptions } from "./verify-options.ts";
import type { VerifyReport } from "./verify-report.ts";

/** Puts what a play has shown into figures. */
export function writeReport(options: VerifyOptions, tenant: string, result: PlayResult): VerifyReport {
  const { told, end, caps, stirred } = result;
  const { tally } = told;
  const promises = judgePromises(result);
  return {
    verdict: promises.some(({ kept }) => kept === false) ? "broken" : "kept",
    store: options.pglite === undefined ? "postgres" : "pglite",
    tenant,
    isKept: options.keep,
    seed: options.seed,
    processes: options.processes,
    callers: options.callers,
    seconds: options.seconds,
    calls: tally.answered,
    pairsPerSecond: Math.round((tally.pairs * 1_000) / Math.max(1, result.playedMs)),
    reserveMs: percentiles(tally.reserveMs, { p50: 0.5, p99: 0.99 }),
    waits: { count: tally.waitsMs.length, ...percentiles(tally.waitsMs, { p50Ms: 0.5, p99Ms: 0.99 }) },
    refused: tally.exceeded,
    busy: tally.busy,
    paused: tally.paused,
    aborted: tally.aborted,
    failed: tally.failed,
    refusedButAffordable: tally.affordable.length,
    looks: caps.looks,
    reservesOverCap: caps.broken.length,
    seenOverCapByName: caps.named,
    overruns: end.entries.filter(({ overrun }) => overrun > 0n).length,
    killed: result.killed,
    inDoubt: { calls: end.doubts.calls, charged: decimalUsd(end.doubts.nanoUsd) },
    corrected: stirred.corrected.size,
    holdsLeft: end.leftOpen.length,
    openHoldsAtEnd: end.openHolds,
    deadlocks: result.deadlocks ?? null,
    discrepancies: stirred.discrepancies.length,
    promises,
    errors: surprises(result).map((message) => ({ message, count: tally.errors.get(message) ?? 1 })),
  };
}

function percentiles<Name extends string>(
  samples: readonly number[],
  shares: Readonly<Record<Name, number>>,
): { readonly [N in Name]?: number } {
  const found: { [N in Name]?: number } = {};
  for (const name of Object.keys(shares) as Name[]) {
    const value = percentile(samples, shares[name]);
    if (value !== undefined) found[name] = Math.round(value * 10) / 10;
  }
  return found;
}
