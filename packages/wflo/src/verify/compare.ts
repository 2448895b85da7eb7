import { decimalUsd } from "@wflo/core";
import type { BookedEntry } from "./books.ts";
import type { LedgerEnd } from "./ledger-end.ts";
import type { Told, ToldCall } from "./told.ts";

/** What the clients were told, held against what the ledger has. Each list holds sentences of what is wrong. */
export interface Comparison {
  readonly lostReserves: readonly string[];
  readonly lostSettles: readonly string[];
  /** Entries whose amount nobody can account for, and budgets that have spent something else than their calls. */
  readonly wrongMoney: readonly string[];
  /** The same of calls that were held on leases, and leases of killed processes that were charged more than they had. */
  readonly wrongLeases: readonly string[];
  /** Holds that were left open by processes which were not killed, or not charged in full. */
  readonly strayHolds: readonly string[];
}

/** Compares call by call, then budget by budget. `corrected`: what was set by hand, by call. */
export function compare(told: Told, end: LedgerEnd, corrected: ReadonlyMap<string, bigint>): Comparison {
  const byCall = Map.groupBy(end.entries, ({ callId }) => callId);
  const wrongMoney: string[] = [...told.misheard];
  const wrongLeases: string[] = [];
  const spent = new Map<string, bigint>();
  const budgetsOf = (callId: string) => told.calls.get(callId)?.budgets ?? [];
  const known = new Set([...told.calls.keys()].filter((id) => byCall.has(id)));
  for (const [callId, call] of told.calls) {
    const expected = corrected.get(callId) ?? expectedTotal(call, byCall.get(callId) ?? []);
    const total = totalOf(byCall.get(callId) ?? []);
    const wrong = call.wasAsked && !call.isLease ? wrongMoney : wrongLeases;
    if (expected !== total) wrong.push(differs(`Call ${callId}`, expected, total));
    if (!corrected.has(callId) && isDenied(call, total))
      wrongMoney.push(
        `Call ${callId} said that it cost ${decimalUsd(call.ended.at(-1) ?? 0n)}, and was charged ${decimalUsd(total)}.`,
      );
    for (const id of budgetsOf(callId)) spent.set(id, (spent.get(id) ?? 0n) + expected);
  }
  const isLeased = [...told.calls.values()].some((call) => call.isLease);
  // What was let through on a lease and given up before it began is written down as nothing.
  const isNothing = (id: string) =>
    byCall.get(id)?.every(({ kind, charged }) => kind === "void" && charged === 0n);
  const strangers = [...byCall.keys()].filter(
    (id) => !known.has(id) && !(isLeased && isNothing(id) === true),
  );
  wrongMoney.push(...strangers.map((id) => `Nobody asked for call ${id}, which has an entry.`));
  for (const [budgetId, looks] of Map.groupBy(end.windows, (window) => window.budgetId)) {
    const expected = spent.get(budgetId) ?? 0n;
    const total = looks.reduce((sum, look) => sum + look.spent, 0n);
    if (expected !== total) wrongMoney.push(differs(`Budget ${budgetId}`, expected, total));
  }
  return {
    lostReserves: [...told.calls.keys()]
      .filter((id) => told.calls.get(id)?.held !== undefined && !isKept(told, byCall, id))
      .map(
        (id) => `The ledger has neither a hold nor an entry of call ${id}, whose reserve it acknowledged.`,
      ),
    lostSettles: [...told.calls].flatMap(([id, call]) => lostSettle(id, call, byCall.get(id) ?? [])),
    wrongMoney,
    wrongLeases,
    strayHolds: end.leftOpen.flatMap((id) => strayHold(id, told.calls.get(id), byCall.get(id) ?? [])),
  };
}

type Entries = readonly BookedEntry[];

/** A call whose hold was taken over is there as the one that took it. All holds have become entries by now. */
function isKept(told: Told, byCall: ReadonlyMap<string, Entries>, callId: string): boolean {
  if (byCall.has(callId)) return true;
  return told.calls.get(callId)?.heirs.some((heir) => isKept(told, byCall, heir)) === true;
}

function totalOf(entries: Entries): bigint {
  return entries.reduce((sum, { charged }) => sum + charged, 0n);
}

/**
 * What a call must have cost by what its process knew: what it last heard, or what it last sent without hearing. A hold that nobody
 * closed is charged in full.
 */
function expectedTotal(call: ToldCall, entries: Entries): bigint {
  const total = totalOf(entries);
  if (!call.wasAsked) return expectedOfLeased(call, entries);
  if (isLostLease(call, entries)) return total < (call.held ?? 0n) ? total : (call.held ?? total);
  const heldInLedger = entries[0]?.held ?? 0n;
  const held = call.held ?? heldInLedger;
  const unheard = call.unheard.map((cost) => cost ?? held);
  if (call.isOrphan && unheard.includes(total)) return total;
  if (call.charged !== undefined) return call.charged;
  if (entries.length === 0) return 0n;
  return entries.some(({ kind }) => kind === "expire") ? held : (unheard.at(-1) ?? 0n);
}

/** Its process had told the ledger all that it said, or died before it told the last of it. */
function expectedOfLeased({ isOrphan, ended }: ToldCall, entries: Entries): bigint {
  const total = totalOf(entries);
  if (isOrphan && (entries.length === 0 || ended.includes(total))) return total;
  return ended.at(-1) ?? 0n;
}

/** What its process had booked by then is not in the charge of a lease that nobody closed. */
function isLostLease({ isLease, isOrphan }: ToldCall, entries: Entries): boolean {
  return isLease && isOrphan && entries.some(({ kind }) => kind === "expire");
}

/** Whether a call that came to its end, told by its process, is charged something else than it said. */
function isDenied({ isOrphan, wasAsked, ended }: ToldCall, total: bigint): boolean {
  const last = ended.at(-1);
  return !isOrphan && wasAsked && last !== undefined && last !== total;
}

function lostSettle(callId: string, { charged }: ToldCall, entries: Entries): readonly string[] {
  if (charged === undefined || entries.some(({ total }) => total === charged)) return [];
  return [`A settle of call ${callId} at ${decimalUsd(charged)} was acknowledged, and no entry has it.`];
}

function strayHold(callId: string, call: ToldCall | undefined, entries: Entries): readonly string[] {
  if (call?.isOrphan !== true) return [`Call ${callId} left a hold, and its process was not killed.`];
  const isCharged = entries.some(({ kind, held, charged }) => kind === "expire" && charged === held);
  return isCharged ? [] : [`The hold that call ${callId} left was not charged in full.`];
}

function differs(what: string, expected: bigint, total: bigint): string {
  return `${what} must have spent ${decimalUsd(expected)}, and the ledger says ${decimalUsd(total)}.`;
}
