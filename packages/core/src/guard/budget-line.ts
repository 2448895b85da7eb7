import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore, ReserveVerdict } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import { endOfWait } from "./end-of-wait.ts";
import { freeHints } from "./free-hints.ts";
import { keptFrom, mustLetGo, shares } from "./line-order.ts";
import { lookForMoney, type MoneyAround } from "./look-for-money.ts";
import { LookOut } from "./look-out.ts";
import { nextTurn } from "./next-turn.ts";
import { WaitDeadlines } from "./wait-deadlines.ts";
import type { Ask, Verdict, Waiter } from "./waiter.ts";

/** A waiter older than this is not passed by later calls any more. */
const STARVING_MS = 1_000;
/** A bound below this part of what was last seen free goes straight to the store. */
const PLENTY = 8n;

interface BudgetLineOptions extends MoneyAround {
  readonly reserve: LedgerStore["reserve"];
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The line in which calls of this process ask for money. While money is plentiful a call passes by it; those of a budget that is short, or
 * not known yet, ask one after the other, each for its share, and those that must wait are woken by settles of this process and by
 * looking at the store, 25 ms doubling to 1 s, for settles of others.
 */
export class BudgetLine {
  readonly #options: BudgetLineOptions;
  readonly #free = freeHints();
  readonly #line = new Set<Waiter>();
  /** Budgets that are not known to have plenty and are being asked for: the next call on one asks when this is answered. */
  readonly #scarce = new Set<string>();
  #asking = false;
  readonly #lookOut: LookOut;
  readonly #deadlines: WaitDeadlines;
  readonly #closed = new AbortController();

  constructor(options: BudgetLineOptions) {
    this.#options = options;
    const { clock, onTrouble } = options;
    const look = () => lookForMoney(options, this.#line);
    this.#lookOut = new LookOut({ clock, look, onTrouble, onOver: () => void this.#serve() });
    const giveUp = (waiter: Waiter, waitedMs: number) =>
      this.#leave(waiter, () => waiter.done.reject(endOfWait(waiter, waitedMs)));
    this.#deadlines = new WaitDeadlines(clock, giveUp);
  }

  /**
   * Reserves, waiting up to `waitMs` for money that other calls hold. Throws `BudgetBusyError` when the wait runs out (`BudgetPausedError` when
   * a budget was paused meanwhile and is paused still),
   * `BudgetExceededError` when only the holds of calls that wait for this one stand in the way, `StoreUnavailableError` when the store answers
   * nobody meanwhile, and the signal's reason.
   */
  async reserve(
    ask: Ask,
    options: {
      readonly waitMs: number;
      /** What ends the wait. */
      readonly signals: readonly (AbortSignal | undefined)[];
      readonly onWait: (budgetId: string) => void;
    },
  ): Promise<Verdict> {
    const throwIfAborted = () => {
      for (const signal of [this.closed, ...options.signals]) signal?.throwIfAborted();
    };
    throwIfAborted();
    if (this.hasPlenty(ask.budgetIds, ask.boundNanoUsd)) {
      const verdict = await this.#ask(ask, 1);
      if (verdict.code !== "held") return verdict;
      throwIfAborted();
    }
    const since = this.#options.clock.monotonic();
    const waiter: Waiter = {
      ask,
      since,
      deadline: since + options.waitMs,
      cancelDeadline: () => {},
      done: Promise.withResolvers(),
      onWait: options.onWait,
      heldBy: undefined,
      waitsFor: undefined,
      pausedBy: undefined,
      shortOf: new Map(),
      wasWoken: false,
      isAsking: false,
      leaving: undefined,
    };
    const signals = options.signals.filter((signal) => signal !== undefined);
    const abort = (event: Event) => this.#dismiss(waiter, (event.target as AbortSignal).reason);
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    this.#line.add(waiter);
    this.#deadlines.watch(waiter);
    void this.#serve();
    try {
      return await waiter.done.promise;
    } finally {
      waiter.cancelDeadline();
      for (const signal of signals) signal.removeEventListener("abort", abort);
    }
  }

  /** Whether a call of this bound would pass by the line: nobody waits for their money, and far more was last seen free. */
  hasPlenty(budgetIds: readonly string[], boundNanoUsd: bigint): boolean {
    return !this.#isWaitedFor(budgetIds) && this.#scarceOf({ budgetIds, boundNanoUsd }).length === 0;
  }

  #scarceOf({ budgetIds, boundNanoUsd }: Pick<Ask, "budgetIds" | "boundNanoUsd">): readonly string[] {
    return budgetIds.filter((id) => !this.#free.isAtLeast(id, boundNanoUsd * PLENTY));
  }

  /** Tells that money of these budgets may have come free. */
  wake(budgetIds: readonly string[]): void {
    let woken = false;
    for (const waiter of this.#line) {
      if (!shares(waiter.ask.budgetIds, budgetIds)) continue;
      woken ||= waiter.heldBy !== undefined;
      waiter.heldBy = undefined;
      waiter.wasWoken = true;
    }
    if (!woken) return;
    this.#lookOut.hurry();
    void this.#serve();
  }

  /** Aborts when no call may be made any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Refuses everybody who waits or comes later. */
  close(reason: unknown): void {
    this.#closed.abort(reason);
    for (const waiter of this.#line) this.#dismiss(waiter, reason);
    this.#lookOut.stop();
  }

  #isWaitedFor(budgetIds: readonly string[]): boolean {
    for (const waiter of this.#line)
      if (waiter.waitsFor !== undefined && shares(waiter.ask.budgetIds, budgetIds)) return true;
    return false;
  }

  async #serve(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    // Calls started together should see each other before the first takes its share.
    await nextTurn();
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) void this.#serveOne(waiter);
    this.#asking = false;
    if (this.#line.size > 0) this.#lookOut.plan();
  }

  #next(): Waiter | undefined {
    const before: Waiter[] = [];
    for (const waiter of this.#line) {
      if (this.#isReady(waiter)) {
        // The call around it may be what those before it wait for.
        if (this.#options.holds.isBelowMoney(waiter.ask.callId)) return waiter;
        const kept = keptFrom(waiter, before);
        if (kept !== undefined) this.#standBehind(waiter, kept);
        else if (!mustLetGo(waiter, before)) return waiter;
      }
      if (this.#isStarving(waiter)) before.push(waiter);
    }
    return undefined;
  }

  /** Whether the store may be asked for it now. */
  #isReady(waiter: Waiter): boolean {
    if (waiter.isAsking || waiter.heldBy !== undefined) return false;
    return !this.#scarceOf(waiter.ask).some((id) => this.#scarce.has(id));
  }

  /** Whether those behind it must wait, also while the store is asked for it. One that waits for a paused budget keeps nobody from the others. */
  #isStarving({ pausedBy, since }: Waiter): boolean {
    return pausedBy === undefined && this.#options.clock.monotonic() - since > STARVING_MS;
  }

  async #serveOne(waiter: Waiter): Promise<void> {
    let share = 0;
    for (const other of this.#line)
      if (other === waiter || shares(other.ask.budgetIds, waiter.ask.budgetIds)) share++;
    waiter.isAsking = true;
    waiter.wasWoken = false;
    const scarce = this.#scarceOf(waiter.ask);
    for (const id of scarce) this.#scarce.add(id);
    try {
      const verdict = await this.#ask(waiter.ask, share);
      const isPaused = verdict.code === "paused" && waiter.waitsFor !== undefined;
      if (verdict.code !== "held" && !isPaused) this.#leave(waiter, () => waiter.done.resolve(verdict));
      else if (waiter.leaving) this.#leave(waiter, () => waiter.done.reject(waiter.leaving?.reason));
      else this.#waitOn(waiter, verdict);
    } catch (error) {
      this.#leave(waiter, () => waiter.done.reject(error));
    }
    waiter.isAsking = false;
    for (const id of scarce) this.#scarce.delete(id);
    void this.#serve();
  }

  #dismiss(waiter: Waiter, reason: unknown): void {
    if (waiter.isAsking) waiter.leaving = { reason };
    else this.#leave(waiter, () => waiter.done.reject(reason));
  }

  #waitOn(waiter: Waiter, verdict: ReserveVerdict): void {
    waiter.pausedBy = verdict.code === "paused" ? verdict.budgetId : undefined;
    if (verdict.code === "held") this.#hold(waiter, verdict.window);
    else waiter.heldBy = waiter.waitsFor;
    if (waiter.wasWoken) waiter.heldBy = undefined;
    if (this.#line.has(waiter)) this.#deadlines.endIfLate(waiter);
  }

  /** It is not asked for: what it wants is kept for one that has waited for long. */
  #standBehind(waiter: Waiter, window: WindowState): void {
    this.#standStill(waiter, window);
    if (this.#line.has(waiter)) this.#deadlines.endIfLate(waiter);
  }

  #hold(waiter: Waiter, window: WindowState): void {
    waiter.shortOf.set(window.budgetId, window);
    this.#standStill(waiter, window);
    const isMoreStuck = this.#options.holds.markWaiting(waiter.ask.callId);
    for (const other of isMoreStuck ? this.#line : [waiter]) this.#refuseIfHopeless(other);
  }

  #standStill(waiter: Waiter, window: WindowState): void {
    const { waitsFor } = waiter;
    // What others hold may come free soon, however long those before it have waited.
    if (waitsFor === undefined) this.#lookOut.hurryNow();
    waiter.heldBy = window;
    waiter.waitsFor = window;
    if (waitsFor?.budgetId !== window.budgetId) waiter.onWait(window.budgetId);
  }

  /** Holds of calls that themselves wait for this one will not be given back: then waiting is futile. */
  #refuseIfHopeless(waiter: Waiter): void {
    const window = waiter.heldBy;
    // Who stands behind another one was not refused by the store.
    if (window === undefined || waiter.shortOf.get(window.budgetId) !== window) return;
    const stuck = this.#options.holds.stuckNanoUsd(waiter.ask.callId, window.budgetId, waiter.ask.replaces);
    if (stuck === 0n || waiter.ask.needNanoUsd <= window.capNanoUsd - window.spentNanoUsd - stuck) return;
    const { needNanoUsd: neededNanoUsd, label } = waiter.ask;
    const refusal = { ...window, neededNanoUsd, stuckNanoUsd: stuck, runId: label.runId };
    this.#leave(waiter, () => waiter.done.reject(new BudgetExceededError(refusal)));
  }

  #leave(waiter: Waiter, settle: () => void): void {
    this.#line.delete(waiter);
    // Those behind it may ask again.
    if (this.#isStarving(waiter)) this.wake(waiter.ask.budgetIds);
    this.#options.holds.unmarkWaiting(waiter.ask.callId);
    settle();
  }

  async #ask(ask: Ask, share: number): Promise<ReserveVerdict> {
    const verdict = await this.#options.reserve({ ...ask, share });
    this.#deadlines.noteAnswer();
    if (verdict.code === "granted") this.#free.note(verdict.windows);
    return verdict;
  }
}
