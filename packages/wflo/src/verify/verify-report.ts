import type { CrashPoint } from "@wflo/core";

/** One promise, and whether it was kept. `id` is stable and made for programs. */
export interface PromiseReport {
  readonly id:
    | "hard-cap"
    | "no-phantom-refusal"
    | "reserves-kept"
    | "settles-kept"
    | "exact-money"
    | "books-balance"
    | "holds-end"
    | "no-deadlock"
    | "own-day"
    | "no-surprise";
  readonly promise: string;
  /** Undefined where it could not be tried; `detail` says why. */
  readonly kept: boolean | undefined;
  readonly detail: string;
  /** The first things that were found wrong. */
  readonly findings: readonly string[];
}

/** What `wflo verify` found. Money is a decimal string in US dollars, time is in milliseconds. What `--json` prints. */
export interface VerifyReport {
  readonly verdict: "kept" | "broken";
  readonly store: "postgres" | "pglite";
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
  /** One round trip to the ledger, as a caller sees it. Undefined without any. */
  readonly reserveMs: { readonly p50?: number; readonly p99?: number };
  /** Calls that waited for money which others held, and then got it. */
  readonly waits: { readonly count: number; readonly p50Ms?: number; readonly p99Ms?: number };
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
