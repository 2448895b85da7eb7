import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { LEASE_LABEL } from "../ports/lease-store.ts";
import type { ReserveRequest, ReserveVerdict, Settlement, SettleVerdict } from "../ports/ledger-store.ts";
import { Lease, momentOf, type Moment } from "./lease.ts";
import { LEASE_TTL_MS, type LeaseMeans } from "./lease-means.ts";
import { LeasePoster } from "./lease-poster.ts";

/** Budgets are hot on which so many calls ask for money within a second. */
const HOT_CALLS = 10;
const HOT_MS = 1_000;
/** A lease is worth its while for so many calls. */
const LEAST_CALLS = 20n;
/** A lease that nobody uses is given back. */
const IDLE_MS = 1_000;
/** Then another one is taken. */
const LARGEST_AGE_MS = 10_000;
/** After a lease was refused, or wanted by others. */
const REST_MS = 1_000;
/** More calls than this are not open or on their way to the store: further ones wait. */
const CAPACITY = 200_000;

const CLOSED: ReserveVerdict = { code: "closed" };

/** The leases of this process on one set of budgets. */
export class LeaseSet {
  readonly budgetIds: readonly string[];
  readonly #inherited: readonly string[] | undefined;
  readonly #means: LeaseMeans;
  readonly #onForgotten: (callId: string) => void;
  readonly #posters = new Map<Lease, LeasePoster>();
  /** Calls that ask; false once their callers have given them up. */
  readonly #asking = new Map<string, boolean>();
  #current: Lease | undefined;
  #taking: Promise<void> | undefined;
  /** One that the store was asked for and has not answered: it may have it, and no other is taken until it has taken it back. */
  #inDoubt: Lease | undefined;
  /** Bills that no hold covered are on their way to the store: the next call has to see them. */
  #booking: Promise<unknown> | undefined;
  #progress: PromiseWithResolvers<void> | undefined;
  #isClosing = false;
  #isStopped = false;
  #notBeforeMs = -Infinity;
  #calls = 0;
  #sinceMs = -Infinity;

  /** `onForgotten` is told of calls that the store knows now. */
  constructor(
    { budgetIds, inherited }: ReserveRequest,
    means: LeaseMeans,
    onForgotten: (callId: string) => void,
  ) {
    this.budgetIds = budgetIds;
    this.#inherited = inherited;
    this.#means = means;
    this.#onForgotten = onForgotten;
  }

  /** True when the store has everything back, and nobody has asked for a while. */
  get isIdle(): boolean {
    const isRecent = this.#means.clock.monotonic() - this.#sinceMs < 2 * HOT_MS;
    return this.#posters.size === 0 && this.#asking.size === 0 && this.#taking === undefined && !isRecent;
  }

  /** Whether a call asks here, is held on a lease, or waits to be posted. */
  has(callId: string): boolean {
    return this.#asking.has(callId) || this.#leaseOf(callId) !== undefined;
  }

  /** Holds a call on a lease at once; undefined where that takes longer. */
  draw(request: ReserveRequest): ReserveVerdict | undefined {
    if (this.#booking !== undefined || this.#isFull) return undefined;
    const now = momentOf(this.#means.clock);
    this.#count(now.monotonicMs);
    return this.#draw(request, now);
  }

  /** Holds a call on a lease that may have to be taken first, or asks the store. After `draw`. */
  async reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const { callId } = request;
    this.#asking.set(callId, true);
    try {
      return (await this.#drawn(request)) ?? (await this.#asked(request));
    } finally {
      this.#asking.delete(callId);
    }
  }

  /** What a call gets on a lease; undefined where the store is to be asked. */
  async #drawn(request: ReserveRequest): Promise<ReserveVerdict | undefined> {
    const { callId } = request;
    while (this.#isFull) await this.#roomMade();
    while (this.#booking !== undefined) await Promise.race([this.#booking, this.#roomMade()]);
    if (this.#asking.get(callId) === false) return CLOSED;
    const drawn = this.#draw(request, momentOf(this.#means.clock));
    if (drawn !== undefined || this.#chunkFor(request) === undefined) return drawn;
    this.#taking ??= this.#take(request);
    await this.#taking;
    if (this.#asking.get(callId) === false) return CLOSED;
    return this.#draw(request, momentOf(this.#means.clock));
  }

  async #asked(request: ReserveRequest): Promise<ReserveVerdict> {
    const verdict = await this.#means.ledger.reserve(request);
    if (verdict.code === "granted") this.#means.money.note(verdict.windows);
    return verdict;
  }

  /** What a second reserve of a call comes to that is known here. */
  again(request: ReserveRequest): ReserveVerdict {
    return this.#leaseOf(request.callId)?.again(request) ?? { code: "conflict", field: "budgets" };
  }

  /** Grants a call of the same budgets the hold of one that is held here, with what is free beside it; undefined where the store has to say. */
  takeOver(outerId: string, request: ReserveRequest): ReserveVerdict | undefined {
    const verdict = this.#leaseOf(outerId)?.takeOver(outerId, request, momentOf(this.#means.clock));
    if (verdict !== undefined) this.#onForgotten(outerId);
    return verdict;
  }

  /** The same with that hold alone, also on a lease that is over: where the store has said that other holds stand in the way. */
  takeOverHold(outerId: string, request: ReserveRequest): ReserveVerdict | undefined {
    const lease = this.#leaseOf(outerId);
    const verdict = lease?.takeOverHold(outerId, request, momentOf(this.#means.clock));
    if (lease === undefined || verdict === undefined) return undefined;
    this.#onForgotten(outerId);
    if (lease.isOver) this.#posters.get(lease)?.shrinkAgain();
    return verdict;
  }

  /** The hold of a call here was taken over by one in the store. */
  drop(callId: string): void {
    const lease = this.#leaseOf(callId);
    if (lease === undefined) return;
    lease.drop(callId);
    this.#onForgotten(callId);
    if (lease.isOver) this.#posters.get(lease)?.shrinkAgain();
  }

  /** The same as `settle` of a bill within its hold; undefined, and nothing is done, for any other. */
  settleWithin(settlement: Settlement): SettleVerdict | undefined {
    const lease = this.#leaseOf(settlement.callId);
    if (lease?.covers(settlement) !== true) return undefined;
    const verdict = lease.settle(settlement);
    this.#posters.get(lease)?.soon();
    return verdict;
  }

  /** What a settle of a call comes to that is held on a lease here; undefined where the store has to say. */
  settle(settlement: Settlement): SettleVerdict | undefined {
    const { callId, kind } = settlement;
    // Whoever gives up while it asks must not be granted a moment later.
    if (this.#asking.has(callId) && kind === "void") this.#asking.set(callId, false);
    const lease = this.#leaseOf(callId);
    const poster = lease && this.#posters.get(lease);
    const verdict = lease?.settle(settlement);
    if (verdict === undefined || poster === undefined) return undefined;
    if (verdict.overrunNanoUsd === 0n && kind !== "recorded") {
      poster.soon();
      return verdict;
    }
    this.end();
    this.#means.money.forget(this.budgetIds);
    const booking = Promise.all([this.#booking, poster.flush()]).finally(() => {
      if (this.#booking === booking) this.#booking = undefined;
    });
    this.#booking = booking;
    return verdict;
  }

  /** Resolves when bills that no hold covered are in the store. */
  get booked(): Promise<unknown> | undefined {
    return this.#booking;
  }

  /** Nothing more is held on its leases; what is free of them goes back. */
  end(): void {
    this.#notBeforeMs = this.#means.clock.monotonic() + REST_MS;
    if (this.#current !== undefined) this.#over(this.#current);
  }

  /** Resolves when the store has all that was settled before. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#posters.values(), (poster) => poster.flush()));
  }

  /** Resolves when every lease is given back; those on which calls are open stay. No further one is taken. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#taking;
    this.end();
    // What is settled meanwhile is posted too.
    do await this.flush();
    while ([...this.#posters.keys()].some(({ unposted }) => unposted > 0));
    const done = [...this.#posters].filter(([lease]) => lease.isDone);
    await Promise.all(done.map(([, poster]) => poster.closed));
  }

  /** Posts nothing any more, and knows no call. */
  stop(): void {
    this.#isStopped = true;
    for (const poster of this.#posters.values()) poster.stop();
    this.#posters.clear();
    this.#current = undefined;
    this.#wake();
  }

  /** To be called a few times a second: gives back what nobody uses, and renews the rest. */
  tick(): void {
    const { clock } = this.#means;
    const lease = this.#current;
    if (lease !== undefined) {
      const nowMs = clock.monotonic();
      const isIdle = nowMs - lease.lastUsedMs > IDLE_MS;
      if (isIdle || nowMs - lease.takenAtMs > LARGEST_AGE_MS || clock.now() >= lease.endsAtMs)
        this.#over(lease);
    }
    for (const poster of this.#posters.values()) poster.tick();
  }

  /** Resolves when some of what waits may have been posted. Rejects where the store takes nothing. */
  async #roomMade(): Promise<void> {
    if ([...this.#posters.values()].some(({ isFailing }) => isFailing))
      throw new StoreUnavailableError("Settles wait for the database; no further call is made.");
    this.#progress ??= Promise.withResolvers();
    await this.#progress.promise;
  }

  #draw(request: ReserveRequest, now: Moment): ReserveVerdict | undefined {
    const lease = this.#current;
    if (lease === undefined) return undefined;
    // The store said so, or says nothing any more.
    if (lease.isOver || this.#posters.get(lease)?.isFailing === true) {
      this.end();
      return undefined;
    }
    const verdict = lease.draw(request, now);
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
    if (this.#isClosing || boundNanoUsd <= 0n || this.#calls < HOT_CALLS) return undefined;
    if (this.#inDoubt !== undefined) return undefined;
    if (this.#means.clock.monotonic() < this.#notBeforeMs) return undefined;
    return this.#means.money.chunkOn(this.budgetIds, boundNanoUsd * LEAST_CALLS);
  }

  async #take(request: ReserveRequest): Promise<void> {
    const { tenant, ledger, clock, ids, money, onTrouble } = this.#means;
    const chunk = this.#chunkFor(request) ?? 0n;
    const callId = ids.next();
    const askedAt = momentOf(clock);
    money.ask(this.budgetIds, chunk);
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
      if (verdict.code === "granted") {
        money.grant(this.budgetIds, chunk);
        money.note(verdict.windows);
        if (this.#current !== undefined) this.#over(this.#current);
        this.#current = this.#open(new Lease(callId, verdict, askedAt));
        // A host whose clock is ahead thinks it over before it has begun, and would take one for each call.
        if (this.#isClosing) this.#over(this.#current);
        else if (clock.now() >= this.#current.endsAtMs) this.end();
        return;
      }
    } catch (error) {
      onTrouble(error);
      this.#giveBack(callId, askedAt);
    } finally {
      this.#taking = undefined;
    }
    money.ask(this.budgetIds, -chunk);
    this.#notBeforeMs = clock.monotonic() + REST_MS;
  }

  /** Of a lease that nobody saw granted nothing is used: its hold, if there is one, must not be charged. */
  #giveBack(callId: string, askedAt: Moment): void {
    const lease = this.#open(new Lease(callId, { amountNanoUsd: 0n, windows: [] }, askedAt));
    this.#inDoubt = lease;
    void this.#posters.get(lease)?.closed.then(() => (this.#inDoubt = undefined));
    this.#over(lease);
  }

  #open(lease: Lease): Lease {
    const poster = new LeasePoster(lease, this.#means, (calls) => {
      for (const { callId } of calls) this.#onForgotten(callId);
      this.#wake();
    });
    this.#posters.set(lease, poster);
    void poster.closed.then(() => {
      this.#posters.delete(lease);
      this.#means.money.ask(this.budgetIds, -lease.amountNanoUsd);
      this.#means.money.grant(this.budgetIds, -lease.amountNanoUsd);
    });
    // What was asked for before that may be answered after it.
    if (this.#isStopped) poster.stop();
    return lease;
  }

  /** On which a call is held, or was and its bill is not in the store yet: mostly the last of a few. */
  #leaseOf(callId: string): Lease | undefined {
    if (this.#current?.has(callId) === true) return this.#current;
    for (const lease of this.#posters.keys()) if (lease.has(callId)) return lease;
    return undefined;
  }

  get #isFull(): boolean {
    let calls = 0;
    for (const lease of this.#posters.keys()) calls += lease.size;
    return calls >= CAPACITY;
  }

  #wake(): void {
    this.#progress?.resolve();
    this.#progress = undefined;
  }

  #over(lease: Lease): void {
    lease.end();
    if (this.#current === lease) this.#current = undefined;
    this.#posters.get(lease)?.soon();
  }
}
