import type { BudgetWarning } from "./budget-warning.ts";
import type { CallLabel, ClosingKind } from "./ledger-store.ts";

/** Whom a hold belongs to that is a lease: money on which a process holds its calls by itself. */
export const LEASE_LABEL: CallLabel = { provider: "wflo", model: "lease" };

/** What a call that was held on a lease came to. Amounts in nano-dollars. */
export interface LeasedCall {
  readonly callId: string;
  /** The id of its entry, so that posting it twice counts once. */
  readonly settlementId: string;
  readonly kind: ClosingKind;
  readonly heldNanoUsd: bigint;
  readonly costNanoUsd: bigint;
  readonly label: CallLabel;
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** What a process tells of a lease of its own. */
export interface LeasePost {
  readonly leaseId: string;
  readonly calls: readonly LeasedCall[];
  /** What is needed of it further on, in nano-dollars: the rest is given back. Undefined keeps all. */
  readonly keepNanoUsd: bigint | undefined;
  /** Moves its expiry to so long from now. */
  readonly ttlMs: number;
}

/** A lease as it stands in the store. */
export interface LeaseState {
  /** False when it has expired: it was charged as a hold is, until its owner settles it. */
  readonly isHeld: boolean;
  readonly amountNanoUsd: bigint;
  /** Others wait for its money, a budget of it was set anew or is paused, or a window of it has ended: nothing more should be held on it. */
  readonly isWanted: boolean;
  readonly warnings?: readonly BudgetWarning[] | undefined;
}

/** The part of the ledger that keeps leases: holds with `LEASE_LABEL`, taken by `reserve` and closed by `settle` as any other. */
export interface LeaseStore {
  /**
   * Books calls that were held on a lease, in one transaction: each has an entry of its own on the budgets and in the windows of the lease, whose hold
   * shrinks by what they cost, up to their own holds. Undefined when there never was such a lease.
   */
  post(tenant: string, post: LeasePost): Promise<LeaseState | undefined>;
  /** Tells the owners of leases on any of these budgets that others wait for their money. */
  recall(tenant: string, budgetIds: readonly string[]): Promise<void>;
}
