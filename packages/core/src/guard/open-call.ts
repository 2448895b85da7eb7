import type { CallLabel } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { CallMark } from "../run/run-context.ts";
import type { Estimate } from "./estimate.ts";
import type { CallCharge, Grant, GuardRequest } from "./guard-request.ts";

/** A call that holds money: from its grant to its settlement. */
export interface OpenCall {
  readonly request: GuardRequest;
  readonly mark: OpenMark;
  readonly label: CallLabel;
  readonly budgetIds: readonly string[];
  readonly estimate: Estimate;
  readonly heldNanoUsd: bigint;
  readonly grant: Grant;
  readonly wire: AbortController;
  readonly startedAtMs: number;
  /** `hurry` lets a stream be read to its end without waiting for its consumer. */
  readonly pace: { hurry: () => void };
  /** Resolves when the settlement is in the outbox. */
  readonly closed: PromiseWithResolvers<void>;
  /** Resolves when the ledger has acknowledged it: nothing is held any more. */
  readonly settled: PromiseWithResolvers<void>;
  /** The host was asked to stay awake until the call is written down. */
  readonly isAwake: boolean;
  readonly state: CallState;
}

/** How far a call has come. */
export interface CallState {
  /** How it was closed: by its end, or by wflo because it would not end. */
  end: "settled" | "forced" | undefined;
  charge: CallCharge | undefined;
}

/** The mark of a call in the context of its attempt; knows whether a call inside took the hold over. */
export interface OpenMark extends CallMark {
  /** The client whose call it is: one client cannot take over what another holds. */
  readonly door: object;
  /** Calls inside are held on these as well. */
  readonly budgetIds: readonly string[];
  /** True for a call of a tool: nothing inside takes its hold over. */
  readonly isTool: boolean;
  /** True while nothing bounds what the call may cost: it is only recorded. */
  readonly isUnheld: boolean;
  /** What it got, in nano-dollars. */
  heldNanoUsd: bigint;
  /** The windows it is held in, as they were then. */
  windows?: readonly WindowState[] | undefined;
  /** What was charged on its budgets by then, and is perhaps not in those windows. */
  unsettled?: ReadonlyMap<string, bigint> | undefined;
  /** True once the call has ended: whoever is opened inside from then on holds for itself. */
  isClosed: boolean;
  /**
   * Set while, and after, a guard opened inside the attempt asks for this call's hold: resolves with whether it got it. Taken back when this call
   * ends with a cost of its own meanwhile, and needs its hold itself.
   */
  takeover: Promise<boolean> | undefined;
  /** True once a guard inside has asked, whatever became of it. */
  wasAsked: boolean;
  /** True once it got it. */
  takenOver: boolean;
  /** Told at that moment. */
  onTakenOver: (() => void) | undefined;
  /** True once a call inside, at whatever depth, came to something that is charged. */
  isPaidInside: boolean;
  /** The call inside whose asking ended in a failure of the database: it may or may not have the hold now. */
  heir: string | undefined;
}
