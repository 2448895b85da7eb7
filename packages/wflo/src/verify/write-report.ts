import { decimalUsd } from "@wflo/core";
import { judgePromises, surprises } from "./judge-promises.ts";
import type { PlayResult } from "./play.ts";
import type { Told } from "./told.ts";
import type { VerifyOptions } from "./verify.ts";
import type { Percentiles, VerifyReport } from "./verify-report.ts";

/** Puts what a play has shown into figures. */
export function writeReport(
  options: VerifyOptions,
  where: Pick<VerifyReport, "tenant" | "place">,
  result: PlayResult,
): VerifyReport {
  const { told, end, caps, stirred } = result;
  const { tally } = told;
  const promises = judgePromises(result);
  const leases = leasesOf(told);
  return {
    verdict: promises.some(({ kept }) => kept === false) ? "broken" : "kept",
    store: options.url === undefined ? "pglite" : "postgres",
    ...where,
    isKept: options.keep,
    seed: options.seed,
    processes: options.processes,
    callers: options.callers,
    seconds: options.seconds,
    calls: tally.answered,
    leases,
    pairsPerSecond: Math.round(((tally.pairs + leases.calls) * 1_000) / Math.max(1, result.playedMs)),
    reserveMs: percentilesOf(tally.reserveMs),
    waits: { count: tally.waitsMs.length, waitedMs: percentilesOf(tally.waitsMs) },
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
    errors: [...surprises(result)].map(([message, count]) => ({ message, count })),
  };
}

function leasesOf({ calls }: Told): VerifyReport["leases"] {
  const all = [...calls.values()];
  const taken = all.filter(({ isLease, held }) => isLease && held !== undefined).length;
  return { taken, calls: all.filter(({ wasAsked }) => !wasAsked).length };
}

/** Of samples in milliseconds, to a tenth. */
export function percentilesOf(samples: readonly number[]): Percentiles {
  const sorted = Float64Array.from(samples).sort();
  const below = (share: number): number | null => {
    const value = sorted[Math.floor(sorted.length * share)];
    return value === undefined ? null : Math.round(value * 10) / 10;
  };
  return { p50: below(0.5), p99: below(0.99) };
}
