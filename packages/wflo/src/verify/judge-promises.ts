import { CLOCK_IDS } from "./budget-tree.ts";
import { compare } from "./compare.ts";
import { DEADLOCK_DETECTED } from "./open-pool.ts";
import type { PlayResult } from "./play.ts";
import type { Told } from "./told.ts";
import type { PromiseReport } from "./verify-report.ts";

/** Findings of one promise that are told. */
const MOST_FINDINGS = 5;

/** Holds what happened against each promise. */
export function judgePromises(result: PlayResult): readonly PromiseReport[] {
  const { told, end, caps, stirred } = result;
  const { lostReserves, lostSettles, wrongMoney, strayHolds, wrongLeases } = compare(
    told,
    end,
    stirred.corrected,
  );
  const acknowledged = [...told.calls.values()];
  const count = (isSo: (call: (typeof acknowledged)[number]) => boolean): number =>
    acknowledged.filter(isSo).length;
  const held = count((call) => call.held !== undefined);
  const settled = count((call) => call.charged !== undefined);
  const leftAtEnd = end.openHolds === 0 ? [] : [`${end.openHolds} holds are open after the sweep.`];
  return [
    judged("hard-cap", "no reserve is granted over a cap", caps.broken, `${caps.looks} looks`),
    judged(
      "no-phantom-refusal",
      "no call is refused that its budgets can pay",
      told.tally.affordable,
      `${told.tally.exceeded} refusals`,
    ),
    judged("reserves-kept", "every acknowledged reserve is in the ledger", lostReserves, `${held} reserves`),
    judged("settles-kept", "every acknowledged settle is in the ledger", lostSettles, `${settled} settles`),
    judged("exact-money", "what callers were told is what was spent", wrongMoney, "to the nano-dollar"),
    leasesExact(told, wrongLeases),
    judged(
      "books-balance",
      "each budget is its entries and its open holds",
      stirred.discrepancies,
      "by reconcile()",
    ),
    holdsEnd(result, [...strayHolds, ...leftAtEnd]),
    deadlockFree(result),
    ownDay(result),
    judged("no-surprise", "nothing fails that was not meant to", [...surprises(result).keys()], ""),
  ];
}

/** What happened that nobody meant to happen, in sentences, and how often. */
export function surprises({ told, stirred, processErrors }: PlayResult): ReadonlyMap<string, number> {
  const counts = new Map(told.tally.errors);
  const nothing = told.tally.answered === 0 ? ["Not one call was answered."] : [];
  for (const message of [...nothing, ...stirred.errors, ...processErrors])
    counts.set(message, (counts.get(message) ?? 0) + 1);
  return counts;
}

function holdsEnd({ end, killed }: PlayResult, wrong: readonly string[]): PromiseReport {
  const promise = "no hold outlives its call; those of killed processes are charged";
  const isAnyKilled = Object.values(killed).some((count) => count > 0);
  if (!isAnyKilled && wrong.length === 0) return untried("holds-end", promise, "no process was killed");
  const detail = `${end.leftOpen.length} left by killed processes, ${end.openHolds} after the sweep`;
  return judged("holds-end", promise, wrong, detail);
}

/** Of calls that were held on leases the ledger heard when they were over. */
function leasesExact({ calls }: Told, wrong: readonly string[]): PromiseReport {
  const promise = "calls on leases cost what they say; a killed process at most what its leases had";
  const leased = [...calls.values()].filter(({ wasAsked }) => !wasAsked).length;
  if (leased === 0 && wrong.length === 0)
    return untried("leases-exact", promise, "no budget was leased, or none was hot");
  return judged("leases-exact", promise, wrong, `${leased} calls`);
}

function judged(
  id: PromiseReport["id"],
  promise: string,
  wrong: readonly string[],
  detail: string,
): PromiseReport {
  const kept = wrong.length === 0;
  const found = kept ? detail : `${wrong.length} found`;
  return { id, promise, kept, detail: found, findings: wrong.slice(0, MOST_FINDINGS) };
}

/** A deadlock ends with an error for one of those in it: what the database counts beside ours is of others who work on it. */
function deadlockFree(result: PlayResult): PromiseReport {
  const promise = "no transactions wait for each other in a circle";
  const { deadlocks } = result;
  const own = [...surprises(result).keys()].filter((message) => message.includes(DEADLOCK_DETECTED));
  if (deadlocks === undefined && own.length === 0)
    return untried("no-deadlock", promise, "no processes raced, or they are not counted here");
  const detail = deadlocks === 0 ? "" : `the database counts ${deadlocks} of others`;
  return judged("no-deadlock", promise, own, detail);
}

/** Money at the edge is judged by the other promises; this one says that there was an edge, and that it was the right one. */
function ownDay({ noMidnight, end }: PlayResult): PromiseReport {
  const promise = "a call is counted in the day that it was held in";
  if (noMidnight !== undefined) return untried("own-day", promise, noMidnight);
  const days = CLOCK_IDS.map((id) => end.windows.filter(({ budgetId }) => budgetId === id).length);
  if (days.every((count) => count < 2)) return untried("own-day", promise, "no call was made on both days");
  const wrong = days.filter((count) => count > 2).map((count) => `A budget had ${count} days.`);
  return judged(
    "own-day",
    promise,
    wrong,
    `${days.filter((count) => count === 2).length} of ${days.length} midnights`,
  );
}

function untried(id: PromiseReport["id"], promise: string, detail: string): PromiseReport {
  return { id, promise, kept: null, detail, findings: [] };
}
