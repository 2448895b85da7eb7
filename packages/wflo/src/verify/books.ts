/** A window as it stands. `overruns` and `corrections` are what bills above their holds, and corrections by hand, have ever added. */
export interface WindowLook {
  readonly budgetId: string;
  /** Kind and start: which of the budget's windows. */
  readonly window: string;
  readonly cap: bigint;
  readonly spent: bigint;
  readonly reserved: bigint;
  readonly overruns: bigint;
  readonly corrections: bigint;
}

/** An entry of the ledger. `total` is what the call has cost with this one. Amounts in nano-dollars. */
export interface BookedEntry {
  readonly callId: string;
  readonly kind: string;
  readonly held: bigint;
  readonly charged: bigint;
  readonly total: bigint;
  readonly overrun: bigint;
}

/** What is read of the tables, as far as possible without wflo's own functions, since those are what is to be proved. */
export interface Books {
  /** All windows at one moment. */
  windows(): Promise<readonly WindowLook[]>;
  entries(): Promise<readonly BookedEntry[]>;
  /** The calls that have an open hold. */
  holds(): Promise<readonly string[]>;
  /** Makes this share (0 to 1) of the open holds look as old as if their processes had died long ago. */
  ageHolds(share: number): Promise<void>;
  /** A closed call that may be corrected; undefined when there is none, or when corrections cannot be told apart later. */
  anyClosedCall(): Promise<string | undefined>;
  /** Moves the midnight of a budget. False where the store has no such thing. */
  setZone(budgetId: string, zone: string): Promise<boolean>;
  /** How often transactions of this database waited for each other in a circle, ever; undefined when this role may not know. */
  deadlocks(): Promise<number | undefined>;
  /** Resolves when the server has noticed that the workers are gone, or been told: nothing of theirs comes any more. */
  workersGone(): Promise<void>;
  close(): Promise<void>;
}
