import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore, Settlement, SettleVerdict } from "../ports/ledger-store.ts";

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
  #idle: PromiseWithResolvers<void> | undefined;
  #sending = false;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** True when so much is unacknowledged that no further call should be made. */
  get isFull(): boolean {
    return this.#pending.size >= CAPACITY;
  }

  /** Takes a settle; it leaves after the current turn, so that a step that ends at once can carry it in its own commit. */
  add(settlement: Settlement, budgetIds: readonly string[]): void {
    this.#pending.set(settlement.callId, { settlement, budgetIds });
    if (!this.#sending && this.#cancelRetry === undefined) {
      this.#sending = true;
      setTimeout(() => void this.#send(), 0);
    }
  }

  /** The settles of these calls that the store has not acknowledged. Sending one twice counts once. */
  unacknowledged(callIds: Iterable<string>): Settlement[] {
    return Array.from(callIds, (id) => this.#pending.get(id)?.settlement).filter(
      (settlement) => settlement !== undefined,
    );
  }

  /** Tells that the store has taken these settles, here or in the commit of a step. */
  acknowledge(verdicts: readonly SettleVerdict[]): void {
    for (const verdict of verdicts) {
      const pending = this.#pending.get(verdict.callId);
      if (pending === undefined) continue;
      this.#pending.delete(verdict.callId);
      this.#options.onSettled(verdict, pending.settlement, pending.budgetIds);
    }
    if (this.#pending.size === 0) {
      this.#idle?.resolve();
      this.#idle = undefined;
    }
  }

  /** Resolves when everything is acknowledged; throws `StoreUnavailableError` after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#pending.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    if (this.#cancelRetry !== undefined) this.#retryNow();
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.schedule(() => late.reject(this.#timedOut(timeoutMs)), timeoutMs, {
      keepAlive: true,
    });
    try {
      await Promise.race([this.#idle.promise, late.promise]);
    } finally {
      cancel();
    }
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

  async #send(): Promise<void> {
    while (this.#pending.size > 0) {
      // After a failure one at a time, so that a settle the store cannot take holds up no other.
      const batch = [...this.#pending.values()].slice(0, this.#failures === 0 ? BATCH : 1);
      const settlements = batch.map(({ settlement }) => settlement);
      try {
        this.acknowledge(await this.#options.ledger.settle(this.#options.tenant, settlements));
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
    const { callId } = pending.settlement;
    if (this.#pending.delete(callId)) this.#pending.set(callId, pending);
  }

  #retryLater(error: unknown): void {
    if (this.#failures === 0) this.#options.onTrouble(error);
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#cancelRetry = this.#options.clock.schedule(() => this.#retryNow(), delayMs);
  }
}
