import { BudgetBusyError } from "../errors/budget-busy-error.ts";
import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { hasParents } from "../budget/budgets-with-parents.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore, ReserveVerdict } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import { freeHints } from "./free-hints.ts";
import { nextTurn } from "./next-turn.ts";
import type { OpenHolds } from "./open-holds.ts";
import type { Ask, Verdict, Waiter } from "./waiter.ts";

const FIRST_POLL_MS = 25;
const LAST_POLL_MS = 1_000;
/** A waiter older than this is not passed by later calls any more. */
const STARVING_MS = 1_000;
/** A bound below this part of what was last seen free goes straight to the store. */
const PLENTY = 8n;
/** Expired holds of dead processes closed at a look. */
const EXPIRE_AT_ONCE = 100;

interface BudgetLineOptions {
  readonly tenant: string;
  readonly ledger: Pick<LedgerStore, "expire" | "recall" | "getBudgets">;
  readonly reserve: LedgerStore["reserve"];
  readonly clock: Clock;
  readonly holds: OpenHolds;
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
  #pollMs = FIRST_POLL_MS;
  #cancelPoll: (() => void) | undefined;
  #isPolling = false;
  readonly #closed = new AbortController();

  constructor(options: BudgetLineOptions) {
    this.#options = options;
  }

  /**
   * Reserves, waiting up to `waitMs` for money that other calls hold. Throws `BudgetBusyError` when the wait runs out (`BudgetPausedError` when
   * a budget was paused meanwhile and is paused still),
   * `BudgetExceededError` when only the holds of calls that wait for this one stand in the way, and the signal's reason.
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
      done: Promise.withResolvers(),
      onWait: options.onWait,
      heldBy: undefined,
      waitsFor: undefined,
      pausedBy: undefined,
      isAsking: false,
      leaving: undefined,
    };
    const signals = options.signals.filter((signal) => signal !== undefined);
    const abort = (event: Event) => this.#dismiss(waiter, (event.target as AbortSignal).reason);
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    this.#line.add(waiter);
    void this.#serve();
    try {
      return await waiter.done.promise;
    } finally {
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
      if (waiter.heldBy === undefined || !shares(waiter.ask.budgetIds, budgetIds)) continue;
      waiter.heldBy = undefined;
      woken = true;
    }
    if (!woken) return;
    this.#pollMs = FIRST_POLL_MS;
    void this.#serve();
  }

  /** Somebody begins to wait: what others hold may come free soon, however long those before it have waited. */
  #lookOften(): void {
    this.#pollMs = FIRST_POLL_MS;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  /** Aborts when no call may be made any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Refuses everybody who waits or comes later. */
  close(reason: unknown): void {
    this.#closed.abort(reason);
    for (const waiter of this.#line) this.#dismiss(waiter, reason);
    this.#cancelPoll?.();
  }

  #isWaitedFor(budgetIds: readonly string[]): boolean {
    for (const waiter of this.#line)
      if (waiter.heldBy !== undefined && shares(waiter.ask.budgetIds, budgetIds)) return true;
    return false;
  }

  async #serve(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    // Calls started together should see each other before the first takes its share.
    await nextTurn();
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) void this.#serveOne(waiter);
    this.#asking = false;
    this.#schedulePoll();
  }

  #next(): Waiter | undefined {
    const now = this.#options.clock.monotonic();
    const starving: Waiter[] = [];
    for (const waiter of this.#line) {
      if (waiter.isAsking) continue;
      if (waiter.heldBy !== undefined) {
        // One that waits for a paused budget keeps nobody from the others.
        if (waiter.pausedBy === undefined && now - waiter.since > STARVING_MS) starving.push(waiter);
      } else if (!this.#scarceOf(waiter.ask).some((id) => this.#scarce.has(id))) {
        // Who takes a hold over brings money of its own, and the call around it may be what the older one waits for.
        const mayPass = waiter.ask.replaces !== undefined;
        const older = starving.find((other) => shares(other.ask.budgetIds, waiter.ask.budgetIds));
        if (mayPass || older?.heldBy === undefined) return waiter;
        this.#hold(waiter, older.heldBy);
      }
    }
    return undefined;
  }

  async #serveOne(waiter: Waiter): Promise<void> {
    let share = 0;
    for (const other of this.#line)
      if (other === waiter || shares(other.ask.budgetIds, waiter.ask.budgetIds)) share++;
    waiter.isAsking = true;
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
  }

  #hold(waiter: Waiter, window: WindowState): void {
    if (waiter.waitsFor === undefined) this.#lookOften();
    waiter.heldBy = window;
    waiter.waitsFor = window;
    waiter.onWait(window.budgetId);
    this.#options.holds.markWaiting(waiter.ask.callId);
    for (const other of this.#line) this.#refuseIfHopeless(other);
  }

  /** Holds of calls that themselves wait for this one will not be given back: then waiting is futile. */
  #refuseIfHopeless(waiter: Waiter): void {
    const window = waiter.heldBy;
    if (window === undefined) return;
    const stuck = this.#options.holds.stuckNanoUsd(waiter.ask.callId, window.budgetId, waiter.ask.replaces);
    if (stuck === 0n || waiter.ask.needNanoUsd <= window.capNanoUsd - window.spentNanoUsd - stuck) return;
    const { needNanoUsd: neededNanoUsd, label } = waiter.ask;
    const refusal = { ...window, neededNanoUsd, stuckNanoUsd: stuck, runId: label.runId };
    this.#leave(waiter, () => waiter.done.reject(new BudgetExceededError(refusal)));
  }

  #leave(waiter: Waiter, settle: () => void): void {
    this.#line.delete(waiter);
    this.#options.holds.unmarkWaiting(waiter.ask.callId);
    settle();
  }

  async #ask(ask: Ask, share: number): Promise<ReserveVerdict> {
    const verdict = await this.#options.reserve({ ...ask, share });
    if (verdict.code === "granted") this.#free.note(verdict.windows);
    return verdict;
  }

  #schedulePoll(): void {
    if (this.#isPolling || this.#cancelPoll !== undefined || this.#line.size === 0) return;
    const now = this.#options.clock.monotonic();
    const deadline = Math.min(...Array.from(this.#line, (waiter) => waiter.deadline));
    const delayMs = Math.max(0, Math.min(this.#pollMs * (0.75 + Math.random() / 2), deadline - now));
    this.#pollMs = Math.min(LAST_POLL_MS, this.#pollMs * 2);
    this.#cancelPoll = this.#options.clock.schedule(() => void this.#poll(), delayMs, { keepAlive: true });
  }

  async #poll(): Promise<void> {
    const { clock, ledger, tenant } = this.#options;
    for (const waiter of this.#line) {
      if (clock.monotonic() >= waiter.deadline && waiter.heldBy !== undefined)
        this.#giveUp(waiter, waiter.heldBy);
    }
    this.#cancelPoll = undefined;
    if (this.#line.size === 0) return;
    this.#isPolling = true;
    try {
      const ids = [...new Set(Array.from(this.#line, (waiter) => waiter.ask.budgetIds).flat())];
      await Promise.all([ledger.expire(EXPIRE_AT_ONCE), ledger.recall(tenant, ids)]);
      const budgets = await ledger.getBudgets(tenant, ids);
      const paused = new Set(budgets.flatMap(({ id, paused: isPaused }) => (isPaused ? [id] : [])));
      const windows = budgets.flatMap((budget) => budget.windows);
      for (const waiter of this.#line) {
        waiter.pausedBy = waiter.ask.budgetIds.find((id) => paused.has(id));
        if (waiter.pausedBy !== undefined) continue;
        const own = budgets.filter(({ id }) => waiter.ask.budgetIds.includes(id));
        if (!hasParents(own, waiter.ask) || this.#isDecided(waiter.ask, windows)) waiter.heldBy = undefined;
      }
    } catch (error) {
      this.#options.onTrouble(error);
    }
    this.#isPolling = false;
    void this.#serve();
  }

  /** Whether asking again would give another answer than to wait: it fits now, or never will. */
  #isDecided(ask: Ask, windows: readonly WindowState[]): boolean {
    const own = windows.filter((window) => ask.budgetIds.includes(window.budgetId));
    const left = (window: WindowState) => window.capNanoUsd - window.spentNanoUsd;
    const neverFits = own.some((window) => ask.needNanoUsd > left(window));
    const free = (window: WindowState) =>
      left(window) - window.reservedNanoUsd + this.#options.holds.heldNanoUsd(ask.replaces, window.budgetId);
    return neverFits || own.every((window) => ask.needNanoUsd <= free(window));
  }

  #giveUp(waiter: Waiter, window: WindowState): void {
    const { pausedBy } = waiter;
    if (pausedBy !== undefined)
      return this.#leave(waiter, () => waiter.done.reject(new BudgetPausedError(pausedBy)));
    const waitedMs = Math.round(this.#options.clock.monotonic() - waiter.since);
    const refusal = { ...window, neededNanoUsd: waiter.ask.needNanoUsd, runId: waiter.ask.label.runId };
    this.#leave(waiter, () => waiter.done.reject(new BudgetBusyError(refusal, waitedMs)));
  }
}

function shares(a: readonly string[], b: readonly string[]): boolean {
  return a.some((id) => b.includes(id));
}
