import type { ReserveRequest, ReserveVerdict } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";

/** A reserve without its share, which is known when it is its turn. */
export type Ask = Omit<ReserveRequest, "share">;
/** What a reserve comes to once all waiting is over. */
export type Verdict = Exclude<ReserveVerdict, { code: "held" }>;

/** One call in the line. */
export interface Waiter {
  readonly ask: Ask;
  readonly since: number;
  readonly deadline: number;
  cancelDeadline: () => void;
  readonly done: PromiseWithResolvers<Verdict>;
  readonly onWait: (budgetId: string) => void;
  /** Set while other calls hold the money it needs. */
  heldBy: WindowState | undefined;
  /** The window whose money it waits for, or last waited for. */
  waitsFor: WindowState | undefined;
  /** A budget of its that was paused while it waits. It waits on: the budget may be resumed in time. */
  pausedBy: string | undefined;
  /** The budgets that it was short of, as they were then. While it is starving they are kept for it. */
  readonly shortOf: Map<string, WindowState>;
  /** Money may have come free while the store was being asked. */
  wasWoken: boolean;
  /** True while the store is being asked: whoever is granted money then must get it, aborted or not. */
  isAsking: boolean;
  /** Why it should leave as soon as it holds nothing. */
  leaving: { readonly reason: unknown } | undefined;
}
