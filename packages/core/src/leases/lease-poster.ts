import type { LeasedCall } from "../ports/lease-store.ts";
import type { Lease } from "./lease.ts";
import { LEASE_TTL_MS, type LeaseMeans } from "./lease-means.ts";

/** Calls in one post at most. */
const BATCH = 2_000;
/** How long a settled call waits for others to be posted with. */
const GATHER_MS = 20;
const RENEW_EVERY_MS = LEASE_TTL_MS / 3;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** Brings to the store what the calls of one lease came to, again until it has it, and gives the lease back when it is over. */
export class LeasePoster {
  readonly #lease: Lease;
  readonly #means: LeaseMeans;
  readonly #onPosted: (calls: readonly LeasedCall[]) => void;
  readonly #closed = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  #heardAtMs: number;
  #isShrunk = false;
  #isClosed = false;

  /** `onPosted` is told of what the store has: nothing where that failed. */
  constructor(lease: Lease, means: LeaseMeans, onPosted: (calls: readonly LeasedCall[]) => void) {
    this.#onPosted = onPosted;
    this.#lease = lease;
    this.#means = means;
    this.#heardAtMs = means.clock.now();
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
    if (this.#lease.unposted >= BATCH || this.#lease.isOver) this.#start();
    else this.#later(GATHER_MS);
  }

  /** Renews the lease where its store has not heard of it for long. */
  tick(): void {
    if (this.#isDue) this.#start();
  }

  get #isDue(): boolean {
    return this.#means.clock.now() - this.#heardAtMs >= RENEW_EVERY_MS;
  }

  /** Resolves when the store has all that was settled before. */
  async flush(): Promise<void> {
    while (this.#lease.unposted > 0 && !this.#isClosed) {
      this.#cancel();
      this.#start();
      await this.#running;
      if (this.#failures > 0) await new Promise<void>((resolve) => setTimeout(resolve, FIRST_RETRY_MS));
    }
  }

  #start(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    this.#cancel();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#failures > 0)
        this.#later(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1)));
      else if (this.#lease.unposted > 0) this.soon();
    });
  }

  #later(delayMs: number): void {
    if (this.#running !== undefined || this.#isClosed) return;
    this.#cancelTimer ??= this.#means.clock.schedule(() => this.#start(), delayMs, { keepAlive: true });
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #run(): Promise<void> {
    const { clock, onTrouble } = this.#means;
    try {
      do await this.#postAll();
      while (this.#lease.unposted >= BATCH);
      if (this.#lease.isOver && this.#lease.isDone) await this.#close();
      this.#failures = 0;
      this.#heardAtMs = clock.now();
    } catch (error) {
      if (this.#failures === 0) onTrouble(error);
      this.#failures += 1;
      this.#onPosted([]);
    }
  }

  /** While the store works on a full batch, it is sent the next one. */
  async #postAll(): Promise<void> {
    const lease = this.#lease;
    if (lease.unposted === 0 && lease.isOver && (lease.isDone || (this.#isShrunk && !this.#isDue))) return;
    const posts = [this.#post(0)];
    if (lease.unposted >= 2 * BATCH) posts.push(this.#post(BATCH));
    const [failed] = (await Promise.allSettled(posts)).filter(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  /** Posts a batch of calls, the first `from` left out. */
  async #post(from: number): Promise<void> {
    const { tenant, ledger, tell } = this.#means;
    const lease = this.#lease;
    const isOver = lease.isOver;
    const calls = lease.oldest(from, BATCH);
    const keepNanoUsd = isOver ? lease.neededAfter(calls) : undefined;
    const state = await ledger.post(tenant, { leaseId: lease.id, calls, keepNanoUsd, ttlMs: LEASE_TTL_MS });
    lease.posted(calls);
    this.#onPosted(calls);
    this.#isShrunk = isOver;
    if (state === undefined || !state.isHeld || state.isWanted) lease.end();
    if (state?.warnings !== undefined) tell(state.warnings);
  }

  async #close(): Promise<void> {
    const { tenant, ledger, ids } = this.#means;
    const receipt = { reason: "the rest of the lease was given back" };
    const back = {
      callId: this.#lease.id,
      settlementId: ids.next(),
      kind: "void",
      costNanoUsd: 0n,
      receipt,
    } as const;
    await ledger.settle(tenant, [back]);
    this.#isClosed = true;
    this.#cancel();
    this.#closed.resolve();
  }
}
