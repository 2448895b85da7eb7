import { StoreUnavailableError, type ReserveRequest, type ReserveVerdict } from "@wflo/core";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readReserve, type ReserveJson } from "./read-verdict.ts";
import { readWindow, type WindowJson } from "./read-window.ts";
import { argsOfMany, argsOfOne, reserveArgs, type ReserveArgs } from "./reserve-args.ts";

/** What goes in one statement. */
const MAX_CALLS = 128;
/** More than this many do not wait. */
const CAPACITY = 10_000;

interface Waiting {
  readonly args: ReserveArgs;
  readonly answered: PromiseWithResolvers<ReserveVerdict>;
}

/** What `wflo.reserve_many` answers: no grant for what is to be asked for alone. */
interface ManyJson {
  readonly grants: readonly (string | null)[];
  readonly windows: readonly WindowJson[];
}

/**
 * The one way of a process to the reserves of a database. A call that finds none under way goes at once and alone; those that come meanwhile
 * go together in one statement, which takes each lock once, and lets go of it before its commit is on the disk.
 */
export class ReserveQueue {
  readonly #driver: MigratedDriver;
  readonly #waiting: Waiting[] = [];
  #isUnderWay = false;
  /** Several went together last: others are likely to wait for the same rows. */
  #isBusy = false;

  constructor(driver: MigratedDriver) {
    this.#driver = driver;
  }

  /** Rejects with `StoreUnavailableError`, and at once with `InvalidOptionError` for ids that the database cannot keep. */
  async reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const args = reserveArgs(request);
    // Who takes a hold over has it to lose, and is looked at alone.
    if (args.replaces !== null) return this.#alone(args);
    if (this.#waiting.length >= CAPACITY)
      throw new StoreUnavailableError(
        `More than ${CAPACITY} calls wait for the database; no further one is made.`,
      );
    const answered = Promise.withResolvers<ReserveVerdict>();
    this.#waiting.push({ args, answered });
    this.#pump();
    return answered.promise;
  }

  #pump(): void {
    if (this.#isUnderWay || this.#waiting.length === 0) return;
    const batch = this.#next();
    this.#isUnderWay = true;
    void this.#send(batch).finally(() => {
      this.#isBusy = batch.length > 1;
      this.#isUnderWay = false;
      this.#pump();
    });
  }

  /** The first that waits, and the others of its tenant that have other ids, in their order. */
  #next(): readonly Waiting[] {
    const ids = new Set<string>();
    const tenant = this.#waiting[0]?.args.tenant;
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of this.#waiting) {
      const goes = batch.length < MAX_CALLS && one.args.tenant === tenant && !ids.has(one.args.callId);
      (goes ? batch : left).push(one);
      if (goes) ids.add(one.args.callId);
    }
    this.#waiting.splice(0, this.#waiting.length, ...left);
    return batch;
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1 && !this.#isBusy) return this.#answerAlone(first);
    let granted: readonly (ReserveVerdict | undefined)[];
    try {
      granted = await this.#together(batch.map(({ args }) => args));
    } catch (error) {
      for (const { answered } of batch) answered.reject(error);
      return;
    }
    for (const [at, one] of batch.entries()) {
      const verdict = granted[at];
      // Nobody waits for it: what is refused takes no lock.
      if (verdict === undefined) void this.#answerAlone(one);
      else one.answered.resolve(verdict);
    }
  }

  async #together(calls: readonly ReserveArgs[]): Promise<readonly (ReserveVerdict | undefined)[]> {
    const { grants, windows } = (await this.#driver.callEarly("reserve_many", (early) =>
      argsOfMany(calls, early),
    )) as ManyJson;
    const states = windows.map(readWindow);
    return calls.map(({ budgetIds }, at) => {
      const amount = grants[at];
      if (amount === undefined || amount === null) return undefined;
      const own = states.filter(({ budgetId }) => budgetIds.includes(budgetId));
      return { code: "granted", amountNanoUsd: BigInt(amount), windows: own };
    });
  }

  async #answerAlone({ args, answered }: Waiting): Promise<void> {
    await this.#alone(args).then(answered.resolve, answered.reject);
  }

  async #alone(args: ReserveArgs): Promise<ReserveVerdict> {
    return readReserve((await this.#driver.call("reserve", argsOfOne(args))) as ReserveJson);
  }
}
