import type { Clock } from "../ports/clock.ts";
import type { LeasedCall } from "../ports/lease-store.ts";
import type {
  CallLabel,
  ReserveRequest,
  ReserveVerdict,
  Settlement,
  SettleVerdict,
} from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import { LEASE_TTL_MS } from "./lease-means.ts";

/** A lease is not used in the last 5 s of its life: the store may think it over by then. */
const USABLE_MS = LEASE_TTL_MS - 5_000;

/** A call that is held on a lease. */
interface Draw {
  readonly heldNanoUsd: bigint;
  readonly boundNanoUsd: bigint;
  readonly label: CallLabel;
}

interface Unposted {
  readonly call: LeasedCall;
  /** The how manieth that was settled. */
  readonly place: number;
}

/** A moment by both clocks of a host, in milliseconds: one may jump, the other may stand still while the host sleeps. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** Now. */
export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() };
}

/** A hold of the store's as its owner sees it: what of it is held by calls, and what they came to. Times are monotonic milliseconds. */
export class Lease {
  readonly id: string;
  readonly amountNanoUsd: bigint;
  readonly takenAtMs: number;
  /** When the first of its windows ends: a call that begins later belongs to the next one. Milliseconds since the epoch. */
  readonly endsAtMs: number;
  readonly #windows: readonly WindowState[];
  readonly #draws = new Map<string, Draw>();
  /** Settled, and not in the store yet. */
  readonly #unposted = new Map<string, Unposted>();
  #freeNanoUsd: bigint;
  #settled = 0;
  #isOver = false;
  #heardAt: Moment;
  lastUsedMs: number;

  /** `askedAt` is when it was asked for. */
  constructor(
    id: string,
    granted: { readonly amountNanoUsd: bigint; readonly windows: readonly WindowState[] },
    askedAt: Moment,
  ) {
    this.id = id;
    this.amountNanoUsd = granted.amountNanoUsd;
    this.#freeNanoUsd = granted.amountNanoUsd;
    this.#windows = granted.windows;
    this.endsAtMs = Math.min(...granted.windows.map(({ resetsAt }) => resetsAt?.getTime() ?? Infinity));
    this.takenAtMs = askedAt.monotonicMs;
    this.lastUsedMs = askedAt.monotonicMs;
    this.#heardAt = askedAt;
  }

  /** True when nothing more is held on it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing more is held on it. */
  end(): void {
    this.#isOver = true;
  }

  /** Whether a call is held on it, or was and the store has not got its bill. */
  has(callId: string): boolean {
    return this.#draws.has(callId) || this.#unposted.has(callId);
  }

  /** How many such calls there are. */
  get size(): number {
    return this.#draws.size + this.#unposted.size;
  }

  /** True when no call is open on it and the store has all that were. */
  get isDone(): boolean {
    return this.size === 0;
  }

  /** Nano-dollars that further calls can be held on. */
  get freeNanoUsd(): bigint {
    return this.#freeNanoUsd;
  }

  get unposted(): number {
    return this.#unposted.size;
  }

  /** How many calls were settled on it. */
  get settled(): number {
    return this.#settled;
  }

  /** Whether the store has the first so many calls that were settled on it. */
  hasPosted(count: number): boolean {
    for (const { place } of this.#unposted.values()) if (place <= count) return false;
    return true;
  }

  /** The store has heard of it then. */
  renewed(at: Moment): void {
    this.#heardAt = at;
  }

  /** Holds a call at its bound; undefined where it does not fit, or the store may think the lease over. */
  draw(request: ReserveRequest, now: Moment): ReserveVerdict | undefined {
    const { boundNanoUsd } = request;
    if (this.#isOver || boundNanoUsd > this.#freeNanoUsd || !this.#isAliveAt(now)) return undefined;
    if (now.wallMs >= this.endsAtMs) return undefined;
    this.#freeNanoUsd -= boundNanoUsd;
    this.lastUsedMs = now.monotonicMs;
    return this.#granted(request, boundNanoUsd);
  }

  /** The same with the hold of a call of its own as well, which is taken over. At least what is needed. */
  takeOver(outerId: string, request: ReserveRequest, now: Moment): ReserveVerdict | undefined {
    // What was free of a lease that is over has been given back.
    return this.#isOver ? undefined : this.#takeOver(outerId, this.#freeNanoUsd, request, now);
  }

  /** With the hold of that call alone, also when it is over. */
  takeOverHold(outerId: string, request: ReserveRequest, now: Moment): ReserveVerdict | undefined {
    return this.#takeOver(outerId, 0n, request, now);
  }

  #takeOver(
    outerId: string,
    freeNanoUsd: bigint,
    request: ReserveRequest,
    now: Moment,
  ): ReserveVerdict | undefined {
    const outer = this.#draws.get(outerId);
    if (outer === undefined || !this.#isAliveAt(now) || now.wallMs >= this.endsAtMs) return undefined;
    const most = freeNanoUsd + outer.heldNanoUsd;
    const amount = request.boundNanoUsd <= most ? request.boundNanoUsd : most;
    if (amount < request.needNanoUsd) return undefined;
    this.#draws.delete(outerId);
    this.#freeNanoUsd += outer.heldNanoUsd - amount;
    return this.#granted(request, amount);
  }

  #isAliveAt({ monotonicMs, wallMs }: Moment): boolean {
    const { monotonicMs: heardMs, wallMs: heardWallMs } = this.#heardAt;
    const isAlive = monotonicMs - heardMs < USABLE_MS && wallMs - heardWallMs < USABLE_MS;
    if (!isAlive) this.end();
    return isAlive;
  }

  #granted({ callId, boundNanoUsd, label }: ReserveRequest, amountNanoUsd: bigint): ReserveVerdict {
    this.#draws.set(callId, { heldNanoUsd: amountNanoUsd, boundNanoUsd, label });
    return { code: "granted", amountNanoUsd, windows: this.#windows };
  }

  /** What a second reserve of the same call comes to. */
  again({ callId, boundNanoUsd }: ReserveRequest): ReserveVerdict {
    const draw = this.#draws.get(callId);
    if (draw === undefined) return { code: "closed" };
    if (draw.boundNanoUsd !== boundNanoUsd) return { code: "conflict", field: "amount" };
    return { code: "replay", amountNanoUsd: draw.heldNanoUsd };
  }

  /** Another hold has taken the one of this call over: it closes without an entry. */
  drop(callId: string): void {
    const draw = this.#draws.get(callId);
    if (draw === undefined) return;
    this.#draws.delete(callId);
    this.#freeNanoUsd += draw.heldNanoUsd;
  }

  /** Whether a call is open on it whose hold covers this bill. */
  covers({ callId, costNanoUsd }: Settlement): boolean {
    const draw = this.#draws.get(callId);
    return draw !== undefined && (costNanoUsd === undefined || costNanoUsd <= draw.heldNanoUsd);
  }

  /** Closes a call that is held on it, or was; undefined for the bill of a doubt, which only the store can take once it has that. */
  settle({ callId, settlementId, kind, costNanoUsd, receipt }: Settlement): SettleVerdict | undefined {
    const draw = this.#draws.get(callId);
    if (draw === undefined) return this.#settleAgain(callId, settlementId, costNanoUsd);
    const { heldNanoUsd, label } = draw;
    const cost = costNanoUsd ?? heldNanoUsd;
    const call = { callId, settlementId, kind, heldNanoUsd, costNanoUsd: cost, label, receipt };
    this.#draws.delete(callId);
    this.#freeNanoUsd += heldNanoUsd - usedOf(call);
    this.#settled += 1;
    this.#unposted.set(callId, { call, place: this.#settled });
    return verdictOf(call, "settled");
  }

  #settleAgain(
    callId: string,
    settlementId: string,
    costNanoUsd: bigint | undefined,
  ): SettleVerdict | undefined {
    const call = this.#unposted.get(callId)?.call;
    if (call === undefined) return undefined;
    if (call.kind === "doubt" && costNanoUsd !== undefined && call.settlementId !== settlementId)
      return undefined;
    const isSame = costNanoUsd === undefined || costNanoUsd === call.costNanoUsd;
    return verdictOf(call, isSame ? "replay" : "conflict");
  }

  /** The oldest calls that the store has not got, but for the first `from`. */
  oldest(from: number, count: number): readonly LeasedCall[] {
    const calls: LeasedCall[] = [];
    let at = 0;
    for (const { call } of this.#unposted.values()) {
      if (calls.length === count) break;
      if (at >= from) calls.push(call);
      at += 1;
    }
    return calls;
  }

  /** The store has these. */
  posted(calls: readonly LeasedCall[]): void {
    for (const { callId } of calls) this.#unposted.delete(callId);
  }

  /** The store does not take this one: the others go first. */
  moveBack({ callId }: LeasedCall): void {
    const unposted = this.#unposted.get(callId);
    if (unposted !== undefined && this.#unposted.delete(callId)) this.#unposted.set(callId, unposted);
  }

  /** What is needed of it once the store has these calls, if nothing more is held on it. Nano-dollars. */
  neededAfter(posted: readonly LeasedCall[]): bigint {
    let sum = 0n;
    for (const { heldNanoUsd } of this.#draws.values()) sum += heldNanoUsd;
    for (const { call } of this.#unposted.values()) sum += usedOf(call);
    for (const call of posted) sum -= usedOf(call);
    return sum;
  }
}

/** What a call takes of its lease: what it costs above its hold has no money set aside, and comes on top. */
function usedOf({ costNanoUsd, heldNanoUsd }: LeasedCall): bigint {
  return costNanoUsd < heldNanoUsd ? costNanoUsd : heldNanoUsd;
}

function verdictOf(
  { callId, costNanoUsd, heldNanoUsd }: LeasedCall,
  code: SettleVerdict["code"],
): SettleVerdict {
  const overrunNanoUsd = costNanoUsd > heldNanoUsd ? costNanoUsd - heldNanoUsd : 0n;
  return { callId, code, chargedNanoUsd: costNanoUsd, overrunNanoUsd };
}
