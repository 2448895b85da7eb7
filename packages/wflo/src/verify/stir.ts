import { setTimeout as sleep } from "node:timers/promises";
import { type Database, decimalUsd, type Discrepancy, Money, usd, type Wflo } from "@wflo/core";
import { TREE, type PlayBudget } from "./budget-tree.ts";
import type { Books, WindowLook } from "./books.ts";
import { nextCap, ONE_CALL_NANO_USD, tightest } from "./budget-tree.ts";
import type { CapWatch } from "./cap-watch.ts";
import type { Random } from "./random.ts";
import { sentenceOf } from "./watched-database.ts";

/** What the parent does to the budgets while the workers call. */
export interface StirOptions {
  readonly wflo: Wflo;
  readonly database: Database;
  readonly books: Books;
  readonly watch: CapWatch;
  readonly random: Random;
}

/** What came of it. */
export interface Stirred {
  /** By call id, what it was set to by hand. Nano-dollars. */
  readonly corrected: ReadonlyMap<string, bigint>;
  readonly discrepancies: readonly string[];
  /** What failed, in sentences. */
  readonly errors: readonly string[];
}

const TICK_MS = 30;
/** Money is short for so long, then plentiful for so long: calls stand in line in one, and share statements in the other. */
const SEASON_MS = 2_000;
const SWEPT_AT_ONCE = 100;
/** Of the open holds, how many lose their time at once, as if their processes had lost the database: their bills come late. */
const LAPSES = 0.2;

/** A sweep that never comes to an end is one that does not work. */
const MOST_SWEEPS = 1_000;
const MOST_ERRORS = 20;

/** Raises and lowers caps, pauses and resumes, sweeps, corrects, and looks after each: one thing at a time, so that looks can be judged. */
export class Stir {
  readonly #options: StirOptions;
  readonly #corrected = new Map<string, bigint>();
  readonly #discrepancies: string[] = [];
  readonly #errors: string[] = [];
  #paused: string | undefined;
  #isPlenty = false;

  constructor(options: StirOptions) {
    this.#options = options;
  }

  /** Creates the budgets with what a few calls need. */
  async begin(): Promise<void> {
    for (const budget of TREE) await this.#setCap(budget, ONE_CALL_NANO_USD * 5n * BigInt(budget.users));
  }

  /** Goes on until the signal aborts; resumes what it paused. */
  async until(signal: AbortSignal): Promise<void> {
    const { books, watch } = this.#options;
    const startedMs = performance.now();
    while (!signal.aborted) {
      const windows = await books.windows();
      watch.judge(windows);
      const isPlenty = Math.floor((performance.now() - startedMs) / SEASON_MS) % 2 === 1;
      await this.#tried(() =>
        isPlenty === this.#isPlenty ? this.#act(windows) : this.#changeSeason(isPlenty, windows),
      );
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
    }
    await this.#tried(() => this.#resume());
  }

  /** Sweeps until there is nothing left to close. */
  async sweepAll(): Promise<void> {
    await this.#tried(async () => {
      for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) if ((await this.#sweep()) === 0) return;
    });
  }

  /** Proves the books now, and keeps what is wrong. */
  async reconcile(): Promise<void> {
    await this.#tried(async () => {
      const { wflo, database } = this.#options;
      const found = await database.ledger.reconcile(wflo.tenant);
      this.#discrepancies.push(...found.map(differs));
    });
  }

  /** Sets what a call has cost by hand. */
  async correct(callId: string): Promise<void> {
    const { wflo, random } = this.#options;
    const cost = BigInt(random.between(0, 2 * Number(ONE_CALL_NANO_USD)));
    await this.#tried(async () => {
      if (await wflo.calls.resolve(callId, { cost: new Money(cost) })) this.#corrected.set(callId, cost);
    });
  }

  get stirred(): Stirred {
    return { corrected: this.#corrected, discrepancies: this.#discrepancies, errors: this.#errors };
  }

  async #act(windows: readonly WindowLook[]): Promise<void> {
    const { wflo, books, random } = this.#options;
    const dice = random.next();
    await this.#resume();
    if (dice < 0.35) return this.#changeCap(random.pick(TREE), windows);
    if (dice < 0.7 && !this.#isPlenty) return this.#changeCap(tightest(windows), windows);
    if (dice < 0.75) {
      this.#paused = random.pick(TREE).id;
      return wflo.budgets.pause(this.#paused);
    }
    if (dice < 0.85) {
      await books.ageHolds(LAPSES);
      return void (await this.#sweep());
    }
    if (dice < 0.9) return this.reconcile();
    const callId = await books.anyClosedCall();
    if (callId !== undefined) await this.correct(callId);
  }

  /** Two at once, as in two processes. How many holds they closed. */
  async #sweep(): Promise<number> {
    const { ledger } = this.#options.database;
    const [one, other] = await Promise.all([ledger.expire(SWEPT_AT_ONCE), ledger.expire(SWEPT_AT_ONCE)]);
    return one + other;
  }

  /** A failure is a finding, and the play goes on. */
  async #tried(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#errors.length < MOST_ERRORS) this.#errors.push(sentenceOf(error));
    }
  }

  async #resume(): Promise<void> {
    if (this.#paused !== undefined) await this.#options.wflo.budgets.resume(this.#paused);
    this.#paused = undefined;
  }

  async #changeSeason(isPlenty: boolean, windows: readonly WindowLook[]): Promise<void> {
    this.#isPlenty = isPlenty;
    for (const budget of TREE) await this.#changeCap(budget, windows);
  }

  async #changeCap(budget: PlayBudget, windows: readonly WindowLook[]): Promise<void> {
    const how = { random: this.#options.random, isPlenty: this.#isPlenty };
    await this.#setCap(budget, nextCap(budget, windows, how));
  }

  async #setCap({ id, window }: PlayBudget, cap: bigint): Promise<void> {
    // Before it is sent, since it may be in force before the answer is there.
    this.#options.watch.capSet(id, cap);
    await this.#options.wflo.budgets.set({ id, caps: { [window]: usd(decimalUsd(cap)) } });
  }
}

/** A window that is not what its entries and holds add up to, in a sentence. */
function differs(found: Discrepancy): string {
  const { budgetId, window, spentNanoUsd, reservedNanoUsd, entriesNanoUsd, holdsNanoUsd } = found;
  return (
    `${budgetId} (${window}) says ${decimalUsd(spentNanoUsd)} spent and ${decimalUsd(reservedNanoUsd)} reserved; its entries are ` +
    `${decimalUsd(entriesNanoUsd)}, its holds ${decimalUsd(holdsNanoUsd)}.`
  );
}
