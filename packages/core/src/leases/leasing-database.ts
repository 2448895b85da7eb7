import { storeExcept } from "../budget/store-except.ts";
import type { BudgetWarning } from "../ports/budget-warning.ts";
import type { Database } from "../ports/database.ts";
import type { LedgerStore, ReserveRequest, ReserveVerdict, SettleVerdict } from "../ports/ledger-store.ts";
import type { LeaseMeans } from "./lease-means.ts";
import { LeaseSet } from "./lease-set.ts";

/** Leases are looked after so often. */
const TICK_MS = 250;
/** How long closing waits for what is still to be posted. */
const CLOSE_MS = 10_000;
/** Sets of budgets on which leases are kept at most; calls on others ask the store. */
const CAPACITY = 1_000;

/** A database that takes money of some budgets in advance, and what of that is still to be written down. */
export interface LeasingDatabase {
  readonly database: Database;
  /** Resolves when the store has all that was settled before. */
  readonly flush: () => Promise<void>;
}

/**
 * The same database, where calls on budgets that `isLeased` are held in memory, on money that this process took in advance (a lease), and their bills
 * are posted together. Calls of runs, and those that take a hold over, ask the store as before: they are compared with what only the store knows.
 */
export function leasingDatabase(
  database: Database,
  isLeased: (budgetId: string) => boolean,
  means: Omit<LeaseMeans, "ledger" | "tell">,
): LeasingDatabase {
  const { ledger, runs, checkpoints, items } = database;
  const leases = new Leases(isLeased, { ...means, ledger });
  /** After what changes a budget: nothing more is held on leases of it. */
  const ending = async <T>(budgetIds: readonly string[], work: Promise<T>): Promise<T> => {
    const result = await work;
    leases.end(budgetIds);
    return result;
  };
  const own: Partial<LedgerStore> = {
    reserve: (request) => leases.reserve(request),
    settle: (...args) => leases.settle(...args),
    setBudget: (tenant, budget) => ending([budget.id], ledger.setBudget(tenant, budget)),
    raiseCap: (tenant, id, ...args) => ending([id], ledger.raiseCap(tenant, id, ...args)),
    setPaused: (tenant, id, paused) => ending([id], ledger.setPaused(tenant, id, paused)),
    recall: (tenant, ids) => ending(ids, ledger.recall(tenant, ids)),
    correct: async (...args) => (await leases.flush(), ledger.correct(...args)),
    listEntries: async (...args) => (await leases.flush(), ledger.listEntries(...args)),
    costs: async (...args) => (await leases.flush(), ledger.costs(...args)),
    reconcile: async (...args) => (await leases.flush(), ledger.reconcile(...args)),
  };
  return {
    database: {
      ledger: storeExcept(ledger, own),
      runs,
      checkpoints,
      items,
      commitStep: (commit) => database.commitStep(commit),
      async close() {
        const late = Promise.withResolvers<void>();
        const cancel = means.clock.schedule(late.resolve, CLOSE_MS, { keepAlive: true });
        await Promise.race([leases.close(), late.promise]);
        cancel();
        await database.close();
      },
    },
    flush: () => leases.flush(),
  };
}

/** The leases of one client, by the budgets that they are on. */
class Leases {
  readonly #isLeased: (budgetId: string) => boolean;
  readonly #means: LeaseMeans;
  readonly #sets = new Map<string, LeaseSet>();
  #tell: (warnings: readonly BudgetWarning[]) => void = () => {};
  #cancelTick: (() => void) | undefined;

  constructor(isLeased: (budgetId: string) => boolean, means: Omit<LeaseMeans, "tell">) {
    this.#isLeased = isLeased;
    this.#means = { ...means, tell: (warnings) => this.#tell(warnings) };
  }

  reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const { replaces } = request;
    const outer = replaces === undefined ? undefined : this.#setOf(replaces);
    if (outer === undefined || replaces === undefined) return this.#ask(request);
    return this.#takeOver({ ...request, replaces: undefined }, () => outer.drop(replaces));
  }

  #ask(request: ReserveRequest): Promise<ReserveVerdict> {
    const set = this.#setFor(request);
    return set === undefined ? this.#means.ledger.reserve(request) : set.reserve(request);
  }

  /** The store does not know the hold that is taken over: it is dropped once there is another one. */
  async #takeOver(request: ReserveRequest, drop: () => void): Promise<ReserveVerdict> {
    const verdict = await this.#ask(request);
    if (verdict.code === "granted") drop();
    return verdict;
  }

  async settle(
    ...[tenant, settlements, tellLater]: Parameters<LedgerStore["settle"]>
  ): Promise<readonly SettleVerdict[]> {
    if (tellLater !== undefined) this.#tell = tellLater;
    const [first] = settlements;
    if (first !== undefined && settlements.length === 1) {
      const own = this.#setOf(first.callId)?.settle(first);
      return own === undefined ? this.#means.ledger.settle(tenant, settlements, tellLater) : [own];
    }
    const verdicts = settlements.map((settlement) => this.#setOf(settlement.callId)?.settle(settlement));
    const others = settlements.filter((_, at) => verdicts[at] === undefined);
    if (others.length === 0) return verdicts as readonly SettleVerdict[];
    const rest = (await this.#means.ledger.settle(tenant, others, tellLater)).values();
    return verdicts.map((verdict) => verdict ?? (rest.next().value as SettleVerdict));
  }

  end(budgetIds: readonly string[]): void {
    for (const set of this.#sets.values()) if (set.budgetIds.some((id) => budgetIds.includes(id))) set.end();
  }

  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#sets.values(), (set) => set.flush()));
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#sets.values(), (set) => set.close()));
    this.#cancelTick?.();
  }

  #setFor(request: ReserveRequest): LeaseSet | undefined {
    const { tenant, budgetIds, epoch, replaces } = request;
    if (tenant !== this.#means.tenant || epoch !== undefined || replaces !== undefined) return undefined;
    if (!budgetIds.some((id) => this.#isLeased(id))) return undefined;
    const key = budgetIds.length === 1 ? (budgetIds[0] ?? "") : budgetIds.toSorted().join("\u0000");
    const known = this.#sets.get(key);
    if (known !== undefined || this.#sets.size >= CAPACITY) return known;
    const set = new LeaseSet(request, this.#means);
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

  #setOf(callId: string): LeaseSet | undefined {
    for (const set of this.#sets.values()) if (set.has(callId)) return set;
    return undefined;
  }
}
