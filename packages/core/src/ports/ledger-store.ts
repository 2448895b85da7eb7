import type { BudgetDefinition, BudgetState } from "./budget-state.ts";
import type { BudgetWarning, WarningWatch } from "./budget-warning.ts";
import type { DefaultStore } from "./default-store.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { WindowKind, WindowState } from "./window-state.ts";

/** Whom a call belongs to; stored with its hold and its entry. */
export interface CallLabel {
  readonly runId?: string | undefined;
  readonly step?: string | undefined;
  readonly agent?: string | undefined;
  /** The run's latest checkpoint when the call began: to which branch of the run its price belongs. */
  readonly checkpointId?: string | undefined;
  /** The thread of a framework in which it was made; then `checkpointId` is one of that thread's. */
  readonly thread?: string | undefined;
  /** `tool` for calls of tools; then `model` is the name of the tool. */
  readonly provider: string;
  readonly model: string;
}

/** Asks for money on every named budget at once, all or nothing. Amounts in nano-dollars. See `budget/hold.ts` for the grant rule. */
export interface ReserveRequest {
  readonly tenant: string;
  readonly callId: string;
  /** Distinct ids, in any order. May be empty: then there is nothing to refuse and the call is only recorded. */
  readonly budgetIds: readonly string[];
  /** Those among them that nobody named, which are there as the parents of others. */
  readonly inherited?: readonly string[] | undefined;
  /** The most the call may cost; granted whole while money is plentiful. */
  readonly boundNanoUsd: bigint;
  /** The least that makes the call worth sending. Below it the call is refused or waits. */
  readonly needNanoUsd: bigint;
  /** What is asked for when money is short. */
  readonly targetNanoUsd: bigint;
  /** Calls of this process among which what is free is shared, this one included; at least 1. */
  readonly share: number;
  readonly ttlMs: number;
  /** The id was made for this very call: there can be no other of it. */
  readonly isNew?: boolean | undefined;
  /** Refused as `superseded` when the run has a newer epoch. */
  readonly epoch?: number | undefined;
  /** An open hold that this one takes over, its money counting as free; it closes without an entry if this one is granted. */
  readonly replaces?: string | undefined;
  readonly label: CallLabel;
}

/** Which budget is right above another one. */
export interface BudgetParent {
  readonly budgetId: string;
  readonly parent: string;
}

/** Granted, or why not. Amounts in nano-dollars. */
export type ReserveVerdict =
  | { readonly code: "granted"; readonly amountNanoUsd: bigint; readonly windows: readonly WindowState[] }
  /** The same call id is open with the same budgets and bound: the same hold again. */
  | { readonly code: "replay"; readonly amountNanoUsd: bigint }
  | { readonly code: "closed" }
  | { readonly code: "conflict"; readonly field: "budgets" | "amount" }
  /** `need > cap - spent`: no waiting will help. */
  | { readonly code: "exhausted"; readonly window: WindowState }
  /** It would fit but for the holds of other calls. */
  | { readonly code: "held"; readonly window: WindowState }
  | { readonly code: "paused"; readonly budgetId: string }
  | { readonly code: "missing"; readonly budgetId: string }
  /** `budgetIds` lacks a parent, or has one as inherited that is none now. Tells every parent above those that were named, as it is. */
  | { readonly code: "incomplete"; readonly parents: readonly BudgetParent[] }
  | { readonly code: "superseded" };

/**
 * Why an entry was written.
 * `settle`: the bill is known. `void`: nothing was billed. `estimate`: cut off, charged by a bound. `unmeasured`: answered
 * without usage, charged at the hold. `recorded`: billed around the door by a wrapper that cannot see requests. `doubt`: sent and never answered, charged at the hold. `expire`: the hold outlived its
 * process. `late`: the bill of an expired or doubtful call arrived after all. `correction`: set by hand.
 */
export type EntryKind =
  | "settle"
  | "void"
  | "estimate"
  | "unmeasured"
  | "recorded"
  | "doubt"
  | "expire"
  | "late"
  | "correction";

/** The kinds by which the process that made a call closes it. */
export type ClosingKind = "settle" | "void" | "estimate" | "unmeasured" | "recorded" | "doubt";

/** Closes the hold of one call. */
export interface Settlement {
  readonly callId: string;
  /** The id of the entry that a late settle writes, so that sending it twice counts once. */
  readonly settlementId: string;
  readonly kind: ClosingKind;
  /** Nano-dollars; undefined charges the held amount. */
  readonly costNanoUsd: bigint | undefined;
  /** Plain JSON for people and reports; the store does not read it. */
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** What became of a settlement. */
export interface SettleVerdict {
  readonly callId: string;
  /**
   * `settled`: the hold was closed. `late`: it had been closed in doubt or by expiry, now corrected. `replay`: already so.
   * `conflict`: already settled with another cost, which stands. `unknown`: no hold and no entry has this id; a `void` is then
   * written down all the same, so that a reserve of this id which is still on its way finds it closed.
   */
  readonly code: "settled" | "late" | "replay" | "conflict" | "unknown";
  /** What all entries of the call add up to, in nano-dollars. */
  readonly chargedNanoUsd: bigint;
  readonly overrunNanoUsd: bigint;
  /**
   * In the last verdict of a batch, or the one of a correction: the warnings that are due in the windows it is booked on, decided in its
   * transaction and told to nobody else. By budget id, kind and share, ascending; left out when there are none.
   */
  readonly warnings?: readonly BudgetWarning[] | undefined;
}

/** One line of the append-only ledger. */
export interface Entry {
  readonly id: string;
  readonly callId: string;
  readonly kind: EntryKind;
  readonly budgetIds: readonly string[];
  readonly heldNanoUsd: bigint;
  /** The change of `spent`; negative when a correction gives money back. */
  readonly chargedNanoUsd: bigint;
  /** True while the call is closed by `doubt` or `expire` and nothing has corrected it. */
  readonly inDoubt: boolean;
  readonly at: Date;
  readonly label: CallLabel;
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** Which entries, and how many. */
export interface EntryFilter {
  readonly runId?: string | undefined;
  readonly thread?: string | undefined;
  readonly callId?: string | undefined;
  readonly budgetId?: string | undefined;
  readonly inDoubt?: boolean | undefined;
  /** Ids come in ascending order; a page goes on after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What the calls of a run that are alike cost together. */
export interface CostGroup {
  readonly label: CallLabel;
  readonly calls: number;
  readonly chargedNanoUsd: bigint;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Sum of the `latencyMs` of the receipts. */
  readonly latencyMs: number;
  /** Calls with a `reason` in a receipt: they did not end with an answer. */
  readonly failures: number;
  /** Entries in doubt, `unmeasured` or `estimate` and not corrected by hand, so that `chargedNanoUsd` is a bound. */
  readonly inexact: number;
}

/** A window whose row differs from what its entries and open holds add up to. There must be none. */
export interface Discrepancy {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly spentNanoUsd: bigint;
  readonly entriesNanoUsd: bigint;
  readonly reservedNanoUsd: bigint;
  readonly holdsNanoUsd: bigint;
}

/** Where money is counted. Every method is atomic; concurrent callers in any number of processes see one order. */
export interface LedgerStore extends DefaultStore, LeaseStore {
  /**
   * Creates or changes a budget. New caps reach open windows at once and never touch what is spent or reserved. Another time zone has
   * windows of its own, which begin at zero, but for those that begin at the same moment; open calls settle where they were held. Throws
   * `InvalidOptionError` for a zone that the store does not know, for a parent that is not there, and for one that has this budget above it.
   */
  setBudget(tenant: string, budget: BudgetDefinition): Promise<BudgetState>;
  /** Raises one cap of an existing budget to an absolute amount; never lowers it. Undefined when there is no such cap. */
  raiseCap(
    tenant: string,
    budgetId: string,
    window: WindowKind,
    toNanoUsd: bigint,
  ): Promise<BudgetState | undefined>;
  getBudgets(tenant: string, ids: readonly string[]): Promise<readonly BudgetState[]>;
  /** By ascending id (byte order), after `after`. */
  listBudgets(
    tenant: string,
    page: {
      readonly prefix?: string | undefined;
      readonly after?: string | undefined;
      readonly limit: number;
    },
  ): Promise<readonly BudgetState[]>;
  /** False when there is no such budget. */
  setPaused(tenant: string, budgetId: string, paused: boolean): Promise<boolean>;
  reserve(request: ReserveRequest): Promise<ReserveVerdict>;
  /**
   * In the order given. A store that acknowledges before a settle is safe, and sends it again when it was lost, passes the warnings that this
   * brings up to `tellLater`: by then the verdicts are out.
   */
  settle(
    tenant: string,
    settlements: readonly Settlement[],
    tellLater?: WarningWatch["tell"],
  ): Promise<readonly SettleVerdict[]>;
  /** Sets the amount of a closed call by hand, once per `correctionId`. Undefined when no closed call has this id. */
  correct(
    tenant: string,
    correction: {
      readonly callId: string;
      readonly correctionId: string;
      readonly costNanoUsd: bigint;
      readonly receipt: Readonly<Record<string, unknown>>;
    },
  ): Promise<SettleVerdict | undefined>;
  /** Moves the expiry of open holds to `ttlMs` from now. */
  renew(tenant: string, callIds: readonly string[], ttlMs: number): Promise<void>;
  /**
   * Closes expired holds of all tenants, at most `limit`; returns how many. Safe in any process at any time. The warnings that this brings
   * up go to `watch`, once; those of other tenants are told by the next settle, correction or watched sweep that is booked on the window.
   */
  expire(limit: number, watch?: WarningWatch): Promise<number>;
  /** By ascending id. */
  listEntries(tenant: string, filter: EntryFilter): Promise<readonly Entry[]>;
  /** The entries of a run added up by label, in the order of their first entries. */
  costs(tenant: string, runId: string): Promise<readonly CostGroup[]>;
  /** Proves `row = entries + open holds` for every window in one consistent read. */
  reconcile(tenant: string): Promise<readonly Discrepancy[]>;
}
