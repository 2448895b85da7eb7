import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { LEASE_LABEL } from "../ports/lease-store.ts";
import type { ReserveRequest, ReserveVerdict, Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import { Lease } from "./lease.ts";
import { LEASE_TTL_MS, type LeaseMeans } from "./lease-means.ts";
import { LeasePoster } from "./lease-poster.ts";

/** Budgets are hot on which so many calls ask for money within a second. */
const HOT_CALLS = 10;
const HOT_MS = 1_000;
/** A lease is worth its while for so many calls. */
const LEAST_CALLS = 20n;
/** Of what is free, a lease takes a hundredth, and a twentieth at most. */
const SHARE = 100n;
const LARGEST_SHARE = 20n;
/** A lease that nobody uses is given back. */
const IDLE_MS = 1_000;
/** Then another one is taken, so that changes of the budgets by other processes count. */
const LARGEST_AGE_MS = 10_000;
/** After a lease was refused, or wanted by others. */
const REST_MS = 1_000;
/** More calls than this are not open or on their way to the store: further ones wait. */
const CAPACITY = 200_000;

/** The leases of this process on one set of budgets. */
export class LeaseSet {
  readonly budgetIds: readonly string[];
  readonly #inherited: readonly string[] | undefined;
  readonly #means: LeaseMeans;
  readonly #posters = new Map<Lease, LeasePoster>();
  /** By the calls that are held on them, or whose bills are not in the store yet. */
  readonly #leases = new Map<string, Lease>();
  #current: Lease | undefined;
  #taking: Promise<void> | undefined;
  #progress: PromiseWithResolvers<void> | undefined;
  #freeNanoUsd: bigint | undefined;
  #notBeforeMs = 0;
  #calls = 0;
  #sinceMs = 0;

  constructor({ budgetIds, inherited }: ReserveRequest, means: LeaseMeans) {
    this.budgetIds = budgetIds;
    this.#inherited = inherited;
    this.#means = means;
  }

  /** True when the store has everything back, and nobody has asked for a while. */
  get isIdle(): boolean {
    const isRecent = this.#means.clock.now() - this.#sinceMs < 2 * HOT_MS;
    return this.#posters.size === 0 && this.#taking === undefined && !isRecent;
  }

  has(callId: string): boolean {
    return this.#leases.has(callId);
  }

  async reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const known = this.#leases.get(request.callId);
    if (known !== undefined) return known.again(request);
    while (this.#leases.size >= CAPACITY) await this.#roomMade();
    const nowMs = this.#means.clock.now();
    this.#count(nowMs);
    const drawn = this.#draw(request, nowMs);
    if (drawn !== undefined) return drawn;
    if (this.#chunkFor(request) !== undefined) {
      this.#taking ??= this.#take(request);
      await this.#taking;
      const late = this.#draw(request, this.#means.clock.now());
      if (late !== undefined) return late;
    }
    const verdict = await this.#means.ledger.reserve(request);
    if (verdict.code === "granted") this.#note(verdict.windows);
    return verdict;
  }

  /** What a settle of a call comes to that is held on a lease here, or was. */
  settle(settlement: Settlement): SettleVerdict | undefined {
    const lease = this.#leases.get(settlement.callId);
    const verdict = lease?.settle(settlement);
    if (lease !== undefined) this.#posters.get(lease)?.soon();
    return verdict;
  }

  /** See `Lease.drop`. */
  drop(callId: string): void {
    const lease = this.#leases.get(callId);
    if (lease === undefined) return;
    lease.drop(callId);
    this.#leases.delete(callId);
    this.#posters.get(lease)?.soon();
  }

  /** Nothing more is held on its leases; what is free of them goes back. */
  end(): void {
    this.#notBeforeMs = this.#means.clock.now() + REST_MS;
    if (this.#current !== undefined) this.#over(this.#current);
  }

  /** Resolves when the store has all that was settled before. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#posters.values(), (poster) => poster.flush()));
  }

  /** Resolves when every lease is given back; those on which calls are open stay. */
  async close(): Promise<void> {
    await this.#taking;
    this.end();
    await this.flush();
    const done = [...this.#posters].filter(([lease]) => lease.isDone);
    await Promise.all(done.map(([, poster]) => poster.closed));
  }

  /** To be called a few times a second: gives back what nobody uses, and renews the rest. */
  tick(): void {
    const nowMs = this.#means.clock.now();
    const lease = this.#current;
    if (lease !== undefined) {
      const isIdle = nowMs - lease.lastUsedMs > IDLE_MS;
      if (isIdle || nowMs - lease.takenAtMs > LARGEST_AGE_MS || nowMs >= lease.endsAtMs) this.#over(lease);
    }
    for (const poster of this.#posters.values()) poster.tick();
  }

  /** Resolves when some of what waits may have been posted. Rejects where the store takes nothing. */
  async #roomMade(): Promise<void> {
    if ([...this.#posters.values()].some(({ isFailing }) => isFailing))
      throw new StoreUnavailableError("Too many settles wait for the database; no further call is made.");
    this.#progress ??= Promise.withResolvers();
    await this.#progress.promise;
  }

  #draw(request: ReserveRequest, nowMs: number): ReserveVerdict | undefined {
    const lease = this.#current;
    if (lease === undefined) return undefined;
    if (lease.isOver) {
      // The store said so.
      this.end();
      return undefined;
    }
    const verdict = lease.draw(request, nowMs);
    if (verdict !== undefined) this.#leases.set(request.callId, lease);
    if (lease.freeNanoUsd < lease.amountNanoUsd / 2n && this.#chunkFor(request) !== undefined)
      this.#taking ??= this.#take(request);
    return verdict;
  }

  #count(nowMs: number): void {
    if (nowMs - this.#sinceMs > HOT_MS) {
      this.#sinceMs = nowMs;
      this.#calls = 0;
    }
    this.#calls += 1;
  }

  /** How much a lease for calls like this one should have, in nano-dollars; undefined where none is worth its while, or wise. */
  #chunkFor({ boundNanoUsd }: ReserveRequest): bigint | undefined {
    if (this.#freeNanoUsd === undefined || boundNanoUsd <= 0n) return undefined;
    if (this.#calls < HOT_CALLS || this.#means.clock.now() < this.#notBeforeMs) return undefined;
    const usual = this.#freeNanoUsd / SHARE;
    const least = boundNanoUsd * LEAST_CALLS;
    const chunk = usual > least ? usual : least;
    return chunk <= this.#freeNanoUsd / LARGEST_SHARE ? chunk : undefined;
  }

  async #take(request: ReserveRequest): Promise<void> {
    const { tenant, ledger, clock, ids } = this.#means;
    const chunk = this.#chunkFor(request) ?? 0n;
    const callId = ids.next();
    try {
      const verdict = await ledger.reserve({
        tenant,
        callId,
        budgetIds: this.budgetIds,
        inherited: this.#inherited,
        boundNanoUsd: chunk,
        needNanoUsd: chunk,
        targetNanoUsd: chunk,
        share: 1,
        ttlMs: LEASE_TTL_MS,
        label: LEASE_LABEL,
      });
      if (verdict.code !== "granted") {
        this.#notBeforeMs = clock.now() + REST_MS;
        return;
      }
      this.#note(verdict.windows);
      if (this.#current !== undefined) this.#over(this.#current);
      this.#current = new Lease(callId, verdict, clock.now());
      this.#open(this.#current);
    } catch (error) {
      this.#notBeforeMs = clock.now() + REST_MS;
      this.#means.onTrouble(error);
    } finally {
      this.#taking = undefined;
    }
  }

  #open(lease: Lease): void {
    const poster = new LeasePoster(lease, this.#means, (calls) => {
      for (const { callId } of calls) this.#leases.delete(callId);
      this.#progress?.resolve();
      this.#progress = undefined;
    });
    this.#posters.set(lease, poster);
    void poster.closed.then(() => this.#posters.delete(lease));
  }

  #over(lease: Lease): void {
    lease.end();
    if (this.#current === lease) this.#current = undefined;
    this.#posters.get(lease)?.soon();
  }

  /** What is free now on the budget that has least. */
  #note(windows: readonly WindowState[]): void {
    const free = windows.map(
      ({ capNanoUsd, spentNanoUsd, reservedNanoUsd }) => capNanoUsd - spentNanoUsd - reservedNanoUsd,
    );
    this.#freeNanoUsd = free.length === 0 ? undefined : free.reduce((a, b) => (a < b ? a : b));
  }
}
