import type { CrashPoint } from "@wflo/core";

/** Half of the samples lie below `p50`, all but a hundredth below `p99`; null without samples. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** One promise, and whether it was kept. `id` is stable and made for programs. */
export interface PromiseReport {
  readonly id:
    | "hard-cap"
    | "no-phantom-refusal"
    | "reserves-kept"
    | "settles-kept"
    | "exact-money"
    | "leases-exact"
    | "books-balance"
    | "holds-end"
    | "no-deadlock"
    | "own-day"
    | "no-surprise";
  readonly promise: string;
  /** Null where it could not be tried; `detail` says why. */
  readonly kept: boolean | null;
  readonly detail: string;
  /** The first things that were found wrong. */
  readonly findings: readonly string[];
}

/**
 * What `wflo verify` found, and what `--json` prints: names stay, and new ones may be added. Money is a decimal string in US dollars, time is
 * in milliseconds, and what is not known is null.
 */
export interface VerifyReport {
  readonly verdict: "kept" | "broken";
  readonly store: "postgres" | "pglite";
  /** The database, without user and password. */
  readonly place: string;
  /** Whose rows they were; they are deleted, unless `isKept`. */
  readonly tenant: string;
  readonly isKept: boolean;
  readonly seed: number;
  readonly processes: number;
  readonly callers: number;
  readonly seconds: number;
  /** Calls that were answered. */
  readonly calls: number;
  /** Reserves and settles that came to their end, each second. */
  readonly pairsPerSecond: number;
  /** Leases that were taken, and calls that were held on them: those are pairs too, and none of the round trips below. */
  readonly leases: { readonly taken: number; readonly calls: number };
  /** One round trip to the ledger, as a caller sees it. */
  readonly reserveMs: Percentiles;
  /** Calls that waited for money which others held, and then got it. */
  readonly waits: { readonly count: number; readonly waitedMs: Percentiles };
  /** For want of money; `busy` are those whose wait ran out. */
  readonly refused: number;
  readonly busy: number;
  readonly paused: number;
  readonly aborted: number;
  /** Calls that the far side failed, as it was meant to. */
  readonly failed: number;
  readonly refusedButAffordable: number;
  /** Looks at all windows, and how many windows were seen over their cap without, and with, a reason that has a name. */
  readonly looks: number;
  readonly reservesOverCap: number;
  readonly seenOverCapByName: number;
  /** Bills above what was held for them. */
  readonly overruns: number;
  readonly killed: Readonly<Record<CrashPoint, number>>;
  /** Calls whose bill nobody knew at the end, and what they were charged. */
  readonly inDoubt: { readonly calls: number; readonly charged: string };
  /** Calls whose cost was set by hand. */
  readonly corrected: number;
  /** Of killed processes, before they were swept; after that there must be none. */
  readonly holdsLeft: number;
  readonly openHoldsAtEnd: number;
  /** In the whole database meanwhile; null where that may not be read. */
  readonly deadlocks: number | null;
  readonly discrepancies: number;
  readonly promises: readonly PromiseReport[];
  readonly errors: readonly { readonly message: string; readonly count: number }[];
}
