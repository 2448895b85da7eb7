import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore, Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import { inTime } from "./in-time.ts";
import { newTurn, SettleTurns, type Turn } from "./settle-turns.ts";
import { soon } from "./soon.ts";

/** Beyond this many unacknowledged settles, new calls are refused. */
const CAPACITY = 10_000;

interface Pending extends Turn {
  /** Whose waiters to wake. */
  readonly budgetIds: readonly string[];
  /** Makes what is to be settled instead when there is no hold of this call. */
  readonly elsewhere: (() => Promise<Settlement>) | undefined;
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
  readonly #turns = new SettleTurns<Pending>();
  #isSending = false;
  #isClosed = false;
  #cancelRetry: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** True when so much is unacknowledged that no further call should be made. */
  get isFull(): boolean {
    return this.#pending.size >= CAPACITY;
  }

  /** True when nothing is sent any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes a settle; it leaves after the current turn, so that a step that ends at once can carry it in its own commit.
   * Resolves when the store has acknowledged it, or the one that `elsewhere` makes when the store knows no hold of this call.
   */
  add(
    settlement: Settlement,
    budgetIds: readonly string[],
    elsewhere?: () => Promise<Settlement>,
  ): Promise<void> {
    const acknowledged = Promise.withResolvers<void>();
    const pending: Pending = { ...newTurn(settlement), budgetIds, elsewhere, acknowledged };
    this.#pending.set(settlement.settlementId, pending);
    this.#sendSoon();
    return acknowledged.promise;
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
      this.#carried.delete(settlementId);
      if (verdict.code === "unknown" && pending.elsewhere !== undefined) {
        void this.#redirect(pending, pending.elsewhere);
        continue;
      }
      this.#pending.delete(settlementId);
      pending.acknowledged.resolve();
      this.#options.onSettled(verdict, pending.settlement, pending.budgetIds);
    }
  }

  /** Resolves when everything that is pending now is acknowledged; throws `StoreUnavailableError` after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void> {
    this.#turns.hurry(this.#pending.values());
    return this.until(
      Array.from(this.#pending.values(), ({ acknowledged }) => acknowledged.promise),
      timeoutMs,
    );
  }

  /** The same of all, those that are added meanwhile too. */
  async empty(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + timeoutMs;
    while (this.#pending.size > 0) await this.flush(Math.max(0, end - clock.monotonic()));
  }

  /** Resolves when these settles are acknowledged; throws `StoreUnavailableError` after `timeoutMs`. */
  async until(acknowledged: readonly Promise<void>[], timeoutMs: number): Promise<void> {
    if (acknowledged.length === 0) return;
    this.#turns.hurry();
    if (this.#cancelRetry !== undefined) this.#sendNow();
    const late = () => this.#timedOut(timeoutMs);
    await inTime(this.#options.clock, Promise.all(acknowledged), { withinMs: timeoutMs, late });
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
  }

  /** What is to be settled instead takes its place; as long as that cannot be made this one is sent again. */
  async #redirect(pending: Pending, elsewhere: () => Promise<Settlement>): Promise<void> {
    const { settlement, budgetIds, acknowledged } = pending;
    this.#carried.add(settlement.settlementId);
    try {
      const other = await elsewhere();
      void this.add(other, budgetIds).then(acknowledged.resolve);
    } catch (error) {
      this.#options.onTrouble(error);
      this.#turns.failed([pending], this.#options.clock.monotonic());
    }
    this.release([settlement]);
  }

  #timedOut(timeoutMs: number): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#pending.size} settles were not taken by the database within ${timeoutMs} ms. Their holds stand and are charged ` +
        "when they expire; a later settle corrects them.",
    );
  }

  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    soon(() => void this.#send());
  }

  #sendNow(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    void this.#send();
  }

  async #send(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const { clock, ledger, tenant } = this.#options;
    while (!this.#isClosed) {
      const batch = this.#turns.next(this.#waiting(), clock.monotonic());
      if (batch.length === 0) break;
      const settlements = batch.map(({ settlement }) => settlement);
      try {
        this.acknowledge(settlements, await ledger.settle(tenant, settlements));
        this.#turns.taken(this.#pending.values());
      } catch (error) {
        if (!this.#turns.isFailing) this.#options.onTrouble(error);
        this.#turns.failed(batch, clock.monotonic());
      }
    }
    this.#isSending = false;
    this.#sendLater();
  }

  *#waiting(): Iterable<Pending> {
    for (const [id, pending] of this.#pending) if (!this.#carried.has(id)) yield pending;
  }

  #sendLater(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const at = this.#turns.nextAt(this.#waiting());
    if (at === undefined) return;
    this.#cancelRetry = clock.schedule(() => this.#sendNow(), Math.max(0, at - clock.monotonic()));
  }
}
