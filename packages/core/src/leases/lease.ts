import type { LeasedCall } from "../ports/lease-store.ts";
import type {
  CallLabel,
  ReserveRequest,
  ReserveVerdict,
  Settlement,
  SettleVerdict,
} from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";

/** A call that is held on a lease. */
interface Draw {
  readonly heldNanoUsd: bigint;
  readonly boundNanoUsd: bigint;
  readonly label: CallLabel;
}

/** A hold of the store's as its owner sees it: what of it is held by calls, and what they came to. */
export class Lease {
  readonly id: string;
  readonly amountNanoUsd: bigint;
  readonly takenAtMs: number;
  readonly #windows: readonly WindowState[];
  /** Below zero after bills above their holds. */
  #freeNanoUsd: bigint;
  readonly #draws = new Map<string, Draw>();
  /** Settled, and not in the store yet. */
  readonly #unposted = new Map<string, LeasedCall>();
  #isOver = false;
  lastUsedMs: number;

  constructor(
    id: string,
    granted: { readonly amountNanoUsd: bigint; readonly windows: readonly WindowState[] },
    nowMs: number,
  ) {
    this.id = id;
    this.amountNanoUsd = granted.amountNanoUsd;
    this.#freeNanoUsd = granted.amountNanoUsd;
    this.#windows = granted.windows;
    this.takenAtMs = nowMs;
    this.lastUsedMs = nowMs;
  }

  /** True when nothing more is held on it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing more is held on it. */
  end(): void {
    this.#isOver = true;
  }

  /** True when no call is open on it and the store has all that were. */
  get isDone(): boolean {
    return this.#draws.size === 0 && this.#unposted.size === 0;
  }

  /** Nano-dollars that further calls can be held on. */
  get freeNanoUsd(): bigint {
    return this.#freeNanoUsd;
  }

  get unposted(): number {
    return this.#unposted.size;
  }

  /** What is needed of it once the store has these calls, if nothing more is held on it. Nano-dollars. */
  neededAfter(posted: readonly LeasedCall[]): bigint {
    let sum = 0n;
    for (const { heldNanoUsd } of this.#draws.values()) sum += heldNanoUsd;
    for (const { costNanoUsd } of this.#unposted.values()) sum += costNanoUsd;
    for (const { costNanoUsd } of posted) sum -= costNanoUsd;
    return sum;
  }

  /** When the first of its windows ends: a call that begins later belongs to the next one. Milliseconds. */
  get endsAtMs(): number {
    return Math.min(...this.#windows.map(({ resetsAt }) => resetsAt?.getTime() ?? Infinity));
  }

  /** Holds a call at its bound; undefined where it does not fit. */
  draw(request: ReserveRequest, nowMs: number): ReserveVerdict | undefined {
    const { callId, boundNanoUsd, label } = request;
    if (this.#isOver || nowMs >= this.endsAtMs || boundNanoUsd > this.#freeNanoUsd) return undefined;
    this.#freeNanoUsd -= boundNanoUsd;
    this.#draws.set(callId, { heldNanoUsd: boundNanoUsd, boundNanoUsd, label });
    this.lastUsedMs = nowMs;
    return { code: "granted", amountNanoUsd: boundNanoUsd, windows: this.#windows };
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

  /** Closes a call that is held on it, or was. */
  settle({ callId, settlementId, kind, costNanoUsd, receipt }: Settlement): SettleVerdict {
    const draw = this.#draws.get(callId);
    if (draw === undefined) return this.#settleAgain(callId, costNanoUsd);
    const { heldNanoUsd, label } = draw;
    const cost = costNanoUsd ?? heldNanoUsd;
    this.#draws.delete(callId);
    this.#freeNanoUsd += heldNanoUsd - cost;
    const call = { callId, settlementId, kind, heldNanoUsd, costNanoUsd: cost, label, receipt };
    this.#unposted.set(callId, call);
    return verdictOf(call, "settled");
  }

  #settleAgain(callId: string, costNanoUsd: bigint | undefined): SettleVerdict {
    const call = this.#unposted.get(callId);
    if (call === undefined) return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
    const isSame = costNanoUsd === undefined || costNanoUsd === call.costNanoUsd;
    return verdictOf(call, isSame ? "replay" : "conflict");
  }

  /** The oldest calls that the store has not got, but for the first `from`. */
  oldest(from: number, count: number): readonly LeasedCall[] {
    const calls: LeasedCall[] = [];
    let at = 0;
    for (const call of this.#unposted.values()) {
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
}

function verdictOf(
  { callId, costNanoUsd, heldNanoUsd }: LeasedCall,
  code: SettleVerdict["code"],
): SettleVerdict {
  const overrunNanoUsd = costNanoUsd > heldNanoUsd ? costNanoUsd - heldNanoUsd : 0n;
  return { callId, code, chargedNanoUsd: costNanoUsd, overrunNanoUsd };
}
