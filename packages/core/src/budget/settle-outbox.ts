import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore, Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import { inTime } from "./in-time.ts";

/** Settles sent in one statement at most. */
const BATCH = 100;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;
/** Beyond this many unacknowledged settles, new calls are refused. */
const CAPACITY = 10_000;

interface Pending {
  readonly settlement: Settlement;
  /** Whose waiters to wake. */
  readonly budgetIds: readonly string[];
  /** The call under which the hold is if it is not under its own. */
  readonly heir: string | undefined;
  readonly acknowledged: PromiseWithResolvers<void>;
}

interface OutboxOptions {
  readonly tenant: string;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly onSettled: (verdict: SettleVerdict, settlement: Settlement, budgetIds: readonly string[]) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Settles on their way to the store: sent in the background, sent again until acknowledged, awaited by `flush`. */
export class SettleOutbox {
  readonly #options: OutboxOptions;
  readonly #pending = new Map<string, Pending>();
  /** Settles that the commit of a step has on board. */
  readonly #carried = new Set<string>();
  #sending = false;
  #failures = 0;
  #isClosed = false;
  #cancelRetry: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** True when so much is unacknowledged that no further call should be made. */
  get isFull(): boolean {
    return this.#pending.size >= CAPACITY;
  }

  /**
   * Takes a settle; it leaves after the current turn, so that a step that ends at once can carry it in its own commit.
   * Resolves when the store has acknowledged it.
   */
  add(settlement: Settlement, budgetIds: readonly string[], heir?: string): Promise<void> {
    const pending: Pending = { settlement, budgetIds, heir, acknowledged: Promise.withResolvers() };
    this.#pending.set(settlement.settlementId, pending);
    this.#sendSoon();
    return pending.acknowledged.promise;
  }

  /** The settles of these calls that the store has not acknowledged, to be sent in a commit; then `acknowledge` or `release` them. */
  carry(callIds: Iterable<string>): Settlement[] {
    const wanted = new Set(callIds);
    if (wanted.size === 0) return [];
    const settlements = Array.from(this.#pending.values(), ({ settlement }) => settlement).filter(
      ({ callId }) => wanted.has(callId),
    );
    for (const { settlementId } of settlements) this.#carried.add(settlementId);
    return settlements;
  }

  /** The commit that carried these failed: they are sent by themselves. Sending one twice counts once. */
  release(settlements: readonly Settlement[]): void {
    for (const { settlementId } of settlements) this.#carried.delete(settlementId);
    if (settlements.length > 0) this.#sendSoon();
  }

  /** Tells what the store said to these settles, in their order, here or in the commit of a step. */
  acknowledge(settlements: readonly Settlement[], verdicts: readonly SettleVerdict[]): void {
    for (const [at, settlement] of settlements.entries()) {
      const { settlementId } = settlement;
      const verdict = verdicts[at];
      const pending = this.#pending.get(settlementId);
      // One that was on its way twice may be under another call by now: this is not what was said of that one.
      if (verdict === undefined || pending?.settlement !== settlement) continue;
      this.#pending.delete(settlementId);
      this.#carried.delete(settlementId);
      if (verdict.code === "unknown" && pending.heir !== undefined) {
        void this.add({ ...pending.settlement, callId: pending.heir }, pending.budgetIds).then(
          pending.acknowledged.resolve,
        );
        continue;
      }
      pending.acknowledged.resolve();
      this.#options.onSettled(verdict, pending.settlement, pending.budgetIds);
    }
  }

  /** Resolves when everything that is pending now is acknowledged; throws `StoreUnavailableError` after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void> {
    return this.until(
      Array.from(this.#pending.values(), ({ acknowledged }) => acknowledged.promise),
      timeoutMs,
    );
  }

  /** Resolves when these settles are acknowledged; throws `StoreUnavailableError` after `timeoutMs`. */
  async until(acknowledged: readonly Promise<void>[], timeoutMs: number): Promise<void> {
    if (acknowledged.length === 0) return;
    if (this.#cancelRetry !== undefined) this.#retryNow();
    const late = () => this.#timedOut(timeoutMs);
    await inTime(this.#options.clock, Promise.all(acknowledged), { withinMs: timeoutMs, late });
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
  }

  #timedOut(timeoutMs: number): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#pending.size} settles were not taken by the database within ${timeoutMs} ms. Their holds stand and are charged ` +
        "when they expire; a later settle corrects them.",
    );
  }

  #retryNow(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#sending = true;
    void this.#send();
  }

  #sendSoon(): void {
    if (this.#sending || this.#cancelRetry !== undefined) return;
    this.#sending = true;
    setTimeout(() => void this.#send(), 0);
  }

  async #send(): Promise<void> {
    while (!this.#isClosed) {
      const waiting = [...this.#pending.values()].filter(
        ({ settlement }) => !this.#carried.has(settlement.settlementId),
      );
      if (waiting.length === 0) break;
      // After a failure one at a time, so that a settle the store cannot take holds up no other.
      const batch = waiting.slice(0, this.#failures === 0 ? BATCH : 1);
      const settlements = batch.map(({ settlement }) => settlement);
      try {
        this.acknowledge(settlements, await this.#options.ledger.settle(this.#options.tenant, settlements));
        this.#failures = 0;
      } catch (error) {
        for (const pending of batch) this.#moveBack(pending);
        this.#retryLater(error);
        break;
      }
    }
    this.#sending = false;
  }

  #moveBack(pending: Pending): void {
    const { settlementId } = pending.settlement;
    if (this.#pending.get(settlementId) === pending && this.#pending.delete(settlementId))
      this.#pending.set(settlementId, pending);
  }

  #retryLater(error: unknown): void {
    if (this.#isClosed) return;
    if (this.#failures === 0) this.#options.onTrouble(error);
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#cancelRetry = this.#options.clock.schedule(() => this.#retryNow(), delayMs);
  }
}
