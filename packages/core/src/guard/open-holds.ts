import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallMark } from "../run/run-context.ts";

/** Holds live this long without renewal. */
export const HOLD_TTL_MS = 90_000;
const RENEW_EVERY_MS = 30_000;

interface OpenHold {
  readonly mark: CallMark;
  readonly budgetIds: readonly string[];
  amountNanoUsd: bigint;
  isGranted: boolean;
  /** It waits for money itself. */
  isWaiting: boolean;
  /** How many calls below it do. */
  waitingBelow: number;
}

interface OpenHoldsOptions {
  readonly tenant: string;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

/** The calls of this process that are asking or open: keeps their holds alive, and knows which of them wait for each other. */
export class OpenHolds {
  readonly #options: OpenHoldsOptions;
  readonly #holds = new Map<string, OpenHold>();
  /** Those with a call below that waits for money. */
  readonly #stuck = new Set<OpenHold>();
  #cancelRenewal: (() => void) | undefined;

  constructor(options: OpenHoldsOptions) {
    this.#options = options;
  }

  /** Whether a call of this id asks or is open here. */
  has(callId: string): boolean {
    return this.#holds.has(callId);
  }

  /** A call begins to ask; it holds nothing yet. */
  enter(mark: CallMark, budgetIds: readonly string[]): void {
    const nothing = { amountNanoUsd: 0n, isGranted: false, isWaiting: false, waitingBelow: 0 };
    this.#holds.set(mark.callId, { mark, budgetIds, ...nothing });
  }

  granted(callId: string, amountNanoUsd: bigint): void {
    const hold = this.#holds.get(callId);
    if (hold) {
      hold.amountNanoUsd = amountNanoUsd;
      hold.isGranted = true;
    }
    this.#cancelRenewal ??= this.#scheduleRenewal();
  }

  /** A call inside has taken the hold of this one over. */
  takenOver(callId: string): void {
    const hold = this.#holds.get(callId);
    if (!hold) return;
    hold.amountNanoUsd = 0n;
    hold.isGranted = false;
  }

  /** What a call holds on a budget now (nano-dollars). */
  heldNanoUsd(callId: string | undefined, budgetId: string): bigint {
    const hold = callId === undefined ? undefined : this.#holds.get(callId);
    return hold?.budgetIds.includes(budgetId) ? hold.amountNanoUsd : 0n;
  }

  /** Stops keeping holds alive. */
  close(): void {
    this.#cancelRenewal?.();
    this.#holds.clear();
    this.#stuck.clear();
  }

  leave(callId: string): void {
    const hold = this.#holds.get(callId);
    if (hold !== undefined) this.#stuck.delete(hold);
    this.#holds.delete(callId);
    if (this.#holds.size > 0) return;
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  /** Returns whether more money is stuck now. */
  markWaiting(callId: string): boolean {
    const own = this.#holds.get(callId);
    if (own === undefined || own.isWaiting) return false;
    own.isWaiting = true;
    let isMoreStuck = false;
    for (const above of this.#above(callId)) {
      if (above.waitingBelow++ > 0) continue;
      this.#stuck.add(above);
      isMoreStuck ||= above.amountNanoUsd > 0n;
    }
    return isMoreStuck;
  }

  unmarkWaiting(callId: string): void {
    const own = this.#holds.get(callId);
    if (own?.isWaiting !== true) return;
    own.isWaiting = false;
    for (const above of this.#above(callId)) if (--above.waitingBelow === 0) this.#stuck.delete(above);
  }

  /** Whether a call around this one holds money. */
  isBelowMoney(callId: string): boolean {
    for (const above of this.#above(callId)) if (above.amountNanoUsd > 0n) return true;
    return false;
  }

  /** What a budget cannot get back while this call waits: holds of its ancestors and of calls with a waiting descendant. */
  stuckNanoUsd(callId: string, budgetId: string, replaces: string | undefined): bigint {
    let stuck = 0n;
    for (const hold of new Set([...this.#stuck, ...this.#above(callId)])) {
      if (hold.mark.callId !== replaces && hold.budgetIds.includes(budgetId)) stuck += hold.amountNanoUsd;
    }
    return stuck;
  }

  *#above(callId: string): Iterable<OpenHold> {
    for (let mark = this.#holds.get(callId)?.mark.parent; mark !== undefined; mark = mark.parent) {
      const hold = this.#holds.get(mark.callId);
      if (hold) yield hold;
    }
  }

  #scheduleRenewal(): () => void {
    return this.#options.clock.schedule(() => void this.#renew(), RENEW_EVERY_MS);
  }

  async #renew(): Promise<void> {
    const { ledger, tenant, onTrouble } = this.#options;
    try {
      const held = [...this.#holds].filter(([, hold]) => hold.isGranted).map(([callId]) => callId);
      await ledger.renew(tenant, held, HOLD_TTL_MS);
      await ledger.expire(100);
    } catch (error) {
      onTrouble(error);
    }
    if (this.#holds.size > 0) this.#cancelRenewal = this.#scheduleRenewal();
    else this.#cancelRenewal = undefined;
  }
}
