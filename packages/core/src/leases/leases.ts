import type { BudgetWarning } from "../ports/budget-warning.ts";
import type {
  LedgerStore,
  ReserveRequest,
  ReserveVerdict,
  Settlement,
  SettleVerdict,
} from "../ports/ledger-store.ts";
import { LeasedMoney } from "./leased-money.ts";
import type { LeaseMeans } from "./lease-means.ts";
import { LeaseSet } from "./lease-set.ts";

/** Leases are looked after so often. */
const TICK_MS = 250;
/** Sets of budgets on which leases are kept at most; calls on others ask the store. */
const CAPACITY = 1_000;

/** The leases of one client: which calls are held on which of them. */
export class Leases {
  readonly #isLeased: (budgetId: string) => boolean;
  readonly #means: LeaseMeans;
  readonly #sets = new Map<string, LeaseSet>();
  /** By the calls that ask there, are held there, or wait to be posted. */
  readonly #calls = new Map<string, LeaseSet>();
  #tell: (warnings: readonly BudgetWarning[]) => void = () => {};
  #cancelTick: (() => void) | undefined;
  #isClosing = false;

  constructor(isLeased: (budgetId: string) => boolean, means: Omit<LeaseMeans, "tell" | "money">) {
    this.#isLeased = isLeased;
    this.#means = { ...means, money: new LeasedMoney(), tell: (warnings) => this.#tell(warnings) };
  }

  /** See `LedgerStore.reserve`. */
  async reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const { callId, replaces } = request;
    const known = this.#calls.get(callId);
    if (known !== undefined) {
      const isAlike = keyOf(request) === keyOf(known);
      return isAlike ? known.again(request) : { code: "conflict", field: "budgets" };
    }
    const outer = replaces === undefined ? undefined : this.#calls.get(replaces);
    if (outer !== undefined && replaces !== undefined) return this.#takeOver(request, outer, replaces);
    const set = this.#setFor(request);
    if (set === undefined) return this.#means.ledger.reserve(request);
    this.#calls.set(callId, set);
    const drawn = set.draw(request);
    if (drawn !== undefined) return drawn;
    try {
      return await set.reserve(request);
    } finally {
      if (!set.has(callId)) this.#calls.delete(callId);
    }
  }

  /** See `LedgerStore.settle`. */
  async settle(
    ...[tenant, settlements, tellLater]: Parameters<LedgerStore["settle"]>
  ): Promise<readonly SettleVerdict[]> {
    if (tellLater !== undefined) this.#tell = tellLater;
    const own = settlements.length === 1 ? this.#settleOne(settlements[0]) : undefined;
    if (own !== undefined) return [own];
    const sets = new Set<LeaseSet>();
    const verdicts = settlements.map((settlement) => {
      const set = this.#calls.get(settlement.callId);
      if (set === undefined) return undefined;
      sets.add(set);
      const verdict = set.settle(settlement);
      // A bill that no hold covered counts for all that is held on its budgets.
      if (verdict !== undefined && (verdict.overrunNanoUsd > 0n || settlement.kind === "recorded"))
        this.end(set.budgetIds);
      return verdict;
    });
    const others = settlements.filter((_, at) => verdicts[at] === undefined);
    for (const set of sets) await set.booked;
    if (others.length === 0) return verdicts as readonly SettleVerdict[];
    // The bill of a doubt that is not posted yet comes after that.
    for (const set of sets) if (others.some(({ callId }) => set.has(callId))) await set.flush();
    const rest = (await this.#means.ledger.settle(tenant, others, tellLater)).values();
    return verdicts.map((verdict) => verdict ?? (rest.next().value as SettleVerdict));
  }

  /** One as most are: of a call that is held on a lease, and within its hold. */
  #settleOne(settlement: Settlement | undefined): SettleVerdict | undefined {
    if (settlement === undefined || settlement.kind !== "settle") return undefined;
    return this.#calls.get(settlement.callId)?.settleWithin(settlement);
  }

  /** Nothing more is held on leases of these budgets. */
  end(budgetIds: readonly string[]): void {
    for (const set of this.#sets.values()) if (set.budgetIds.some((id) => budgetIds.includes(id))) set.end();
  }

  /** Resolves when the store has all that was settled before. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#sets.values(), (set) => set.flush()));
  }

  /** Resolves when every lease is given back; those on which calls are open stay. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(Array.from(this.#sets.values(), (set) => set.close()));
  }

  /** Posts nothing any more. */
  stop(): void {
    this.#cancelTick?.();
    for (const set of this.#sets.values()) set.stop();
  }

  async #takeOver(request: ReserveRequest, outer: LeaseSet, outerId: string): Promise<ReserveVerdict> {
    // Of an id that its caller chose only the store knows whether it is another call's.
    const isOwn = request.isNew === true && request.epoch === undefined && keyOf(request) === keyOf(outer);
    const verdict = isOwn ? outer.takeOver(outerId, request) : undefined;
    if (verdict !== undefined) {
      this.#calls.set(request.callId, outer);
      return verdict;
    }
    // The store does not know the hold that is taken over: it is dropped once there is another one.
    const asked = await this.#means.ledger.reserve({ ...request, replaces: undefined });
    if (asked.code === "granted") outer.drop(outerId);
    const own = isOwn && asked.code === "held" ? outer.takeOverHold(outerId, request) : undefined;
    if (own !== undefined) this.#calls.set(request.callId, outer);
    return own ?? asked;
  }

  /** Undefined for a call that only the store can answer: its id may be another call's, or it is a run's. */
  #setFor(request: ReserveRequest): LeaseSet | undefined {
    const { tenant, budgetIds, epoch, replaces, isNew } = request;
    if (tenant !== this.#means.tenant || epoch !== undefined || replaces !== undefined) return undefined;
    if (this.#isClosing || isNew !== true || !budgetIds.some((id) => this.#isLeased(id))) return undefined;
    const { inherited = [] } = request;
    const key = inherited.length === 0 ? keyOf(request) : [keyOf(request), "", ...inherited].join("\u0000");
    const known = this.#sets.get(key);
    if (known !== undefined || this.#sets.size >= CAPACITY) return known;
    const set = new LeaseSet(request, this.#means, (callId) => this.#calls.delete(callId));
    this.#sets.set(key, set);
    this.#cancelTick ??= this.#scheduleTick();
    return set;
  }

  #scheduleTick(): () => void {
    const tick = () => {
      for (const [key, set] of this.#sets) {
        set.tick();
        if (set.isIdle) this.#sets.delete(key);
      }
      this.#cancelTick = this.#sets.size === 0 ? undefined : this.#scheduleTick();
    };
    // A process that has nothing else to do stays until what nobody uses is given back.
    return this.#means.clock.schedule(tick, TICK_MS, { keepAlive: true });
  }
}

function keyOf({ budgetIds }: Pick<ReserveRequest, "budgetIds">): string {
  return budgetIds.length === 1 ? (budgetIds[0] ?? "") : budgetIds.toSorted().join("\u0000");
}
