import type { CrashPoint } from "@wflo/core";
import type { CapFindings } from "./cap-watch.ts";
import type { LedgerEnd } from "./ledger-end.ts";
import type { Stirred } from "./stir.ts";
import type { Told } from "./told.ts";

/** All that a play left to be judged. */
export interface PlayResult {
  /** How long callers called. */
  readonly playedMs: number;
  readonly told: Told;
  readonly end: LedgerEnd;
  readonly caps: CapFindings;
  readonly stirred: Stirred;
  readonly killed: Readonly<Record<CrashPoint, number>>;
  readonly deadlocks: number | undefined;
  /** Why no midnight fell into the play; undefined when one did. */
  readonly noMidnight: string | undefined;
  /** What went wrong with processes. */
  readonly processErrors: readonly string[];
}
