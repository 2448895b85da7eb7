import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { LeasedCall } from "../ports/lease-store.ts";
import { momentOf, type Lease } from "./lease.ts";
import { LEASE_TTL_MS, type LeaseMeans } from "./lease-means.ts";

/** Calls in one post at most. */
const BATCH = 2_000;
/** How long a settled call waits for others to be posted with. */
const GATHER_MS = 20;
/** A lease that is used asks so often whether others want it. */
const ASK_EVERY_MS = 500;
const RENEW_EVERY_MS = LEASE_TTL_MS / 3;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** Brings to the store what the calls of one lease came to, again until it has it, and gives the lease back when it is over. */
export class LeasePoster {
  readonly #lease: Lease;
  readonly #means: LeaseMeans;
  readonly #onPosted: (calls: readonly LeasedCall[]) => void;
  readonly #closed = Promise.withResolvers<void>();
  /** Resolves at the end of what is under way, or is next. */
  #attempt = Promise.withResolvers<void>();
  #isRunning = false;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  #sentAtMs: number;
  #isShrunk = false;
  #isClosed = false;

  /** `onPosted` is told of what the store has: nothing where that failed. */
  constructor(lease: Lease, means: LeaseMeans, onPosted: (calls: readonly LeasedCall[]) => void) {
    this.#onPosted = onPosted;
    this.#lease = lease;
    this.#means = means;
    this.#sentAtMs = lease.takenAtMs;
  }

  /** Resolves when the store has the lease back. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether the store has not taken what it was last sent. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Something is to be posted. */
  soon(): void {
    if (this.isFailing) return;
    if (this.#lease.unposted >= BATCH || this.#lease.isOver) this.#start();
    else this.#later(GATHER_MS);
  }

  /** Less is needed of it than it was shrunk to. */
  shrinkAgain(): void {
    this.#isShrunk = false;
    this.soon();
  }

  /** Renews the lease, and asks after it while it is used. */
  tick(): void {
    if (this.isFailing) return;
    const { isOver, lastUsedMs } = this.#lease;
    const silentMs = this.#means.clock.monotonic() - this.#sentAtMs;
    const isUsed = !isOver && lastUsedMs > this.#sentAtMs;
    if (silentMs >= (isUsed ? ASK_EVERY_MS : RENEW_EVERY_MS)) this.#start();
  }

  /** Resolves when the store has all that was settled before. Rejects with `StoreUnavailableError` when it is stopped before that. */
  async flush(): Promise<void> {
    const count = this.#lease.settled;
    while (!this.#lease.hasPosted(count)) {
      if (this.#isClosed)
        throw new StoreUnavailableError(
          "The database was closed before it had the bills of calls on leases.",
        );
      if (!this.isFailing) this.#start();
      await this.#attempt.promise;
    }
  }

  /** Sends nothing any more. */
  stop(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#attempt.resolve();
    this.#closed.resolve();
  }

  #start(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#cancel();
    this.#isRunning = true;
    void this.#run().then(() => {
      this.#isRunning = false;
      this.#attempt.resolve();
      this.#attempt = Promise.withResolvers();
      this.#goOn();
    });
  }

  #goOn(): void {
    const { unposted, isOver, isDone } = this.#lease;
    if (this.isFailing) this.#later(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1)));
    else if (unposted > 0 || (isOver && (isDone || !this.#isShrunk))) this.soon();
  }

  #later(delayMs: number): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#cancelTimer ??= this.#means.clock.schedule(() => this.#start(), delayMs, { keepAlive: true });
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #run(): Promise<void> {
    try {
      do await this.#postAll();
      while (this.#lease.unposted >= BATCH);
      if (this.#lease.isOver && this.#lease.isDone) await this.#close();
      this.#failures = 0;
    } catch (error) {
      if (this.#failures === 0) this.#means.onTrouble(error);
      this.#failures += 1;
      this.#onPosted([]);
    }
  }

  /** While the store works on a full batch, it is sent the next one. After a failure one call at a time: one that it cannot take holds up no other. */
  async #postAll(): Promise<void> {
    const lease = this.#lease;
    if (this.isFailing) return this.#post(0, 1);
    const isDue = this.#means.clock.monotonic() - this.#sentAtMs >= RENEW_EVERY_MS;
    if (lease.unposted === 0 && lease.isOver && (lease.isDone || (this.#isShrunk && !isDue)))
      return undefined;
    const posts = [this.#post(0, BATCH)];
    if (lease.unposted >= 2 * BATCH) posts.push(this.#post(BATCH, BATCH));
    const [failed] = (await Promise.allSettled(posts)).filter(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  /** Posts so many calls, the first `from` left out. */
  async #post(from: number, count: number): Promise<void> {
    const { tenant, ledger, clock, tell } = this.#means;
    const lease = this.#lease;
    const isOver = lease.isOver;
    const calls = lease.oldest(from, count);
    const keepNanoUsd = isOver ? lease.neededAfter(calls) : undefined;
    const sentAt = momentOf(clock);
    const post = { leaseId: lease.id, calls, keepNanoUsd, ttlMs: LEASE_TTL_MS };
    const state = await ledger.post(tenant, post).catch((error: unknown) => {
      const [first] = calls;
      if (first !== undefined && count === 1) lease.moveBack(first);
      throw error;
    });
    this.#sentAtMs = sentAt.monotonicMs;
    lease.posted(calls);
    this.#onPosted(calls);
    this.#isShrunk = isOver;
    if (state?.isHeld === true) lease.renewed(sentAt);
    if (state === undefined && calls.length > 0)
      this.#means.onTrouble(
        new StoreUnavailableError(
          `The database knows nothing of a lease; ${calls.length} bills of calls on it are lost.`,
        ),
      );
    if (state === undefined || !state.isHeld || state.isWanted) lease.end();
    if (state?.warnings !== undefined) tell(state.warnings);
  }

  async #close(): Promise<void> {
    const { tenant, ledger, ids, tell } = this.#means;
    const receipt = { reason: "the rest of the lease was given back" };
    const back = {
      callId: this.#lease.id,
      settlementId: ids.next(),
      kind: "void",
      costNanoUsd: 0n,
      receipt,
    } as const;
    for (const { warnings } of await ledger.settle(tenant, [back], tell))
      if (warnings !== undefined) tell(warnings);
    this.stop();
  }
}
