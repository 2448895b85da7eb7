import type { CallLabel, EntryKind } from "../ports/ledger-store.ts";
import type { MemoryWindow } from "./memory-window.ts";

/** What stays the same between the hold of a call and its entries. Amounts in nano-dollars. */
export interface MemoryHold {
  readonly callId: string;
  readonly budgetIds: readonly string[];
  /** Where the money is held, and where the call settles whatever the date is by then. */
  readonly windows: readonly MemoryWindow[];
  readonly boundNanoUsd: bigint;
  /** Of a lease, what its calls have not used yet. */
  amountNanoUsd: bigint;
  readonly chargeOnExpiry: boolean;
  readonly epoch: number | undefined;
  readonly label: CallLabel;
  expiresAtMs: number;
  /** Others wait for the money of this lease. */
  isWanted?: boolean;
}

/** A closed call. `totalNanoUsd` is what its entries add up to. */
export interface MemoryCall {
  readonly hold: MemoryHold;
  readonly entries: MemoryEntry[];
  totalNanoUsd: bigint;
  inDoubt: boolean;
  /**
   * Closed by doubt or expiry, and the bill has not arrived yet; a correction by hand does not stand in for
   * the bill.
   */
  awaitsBill: boolean;
}

/** One line of the ledger; never changed. */
export interface MemoryEntry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly call: MemoryCall;
  readonly chargedNanoUsd: bigint;
  readonly atMs: number;
  readonly receipt: Readonly<Record<string, unknown>>;
}
