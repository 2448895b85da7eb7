import { setImmediate as nextTurn } from "node:timers/promises";
import {
  StoreUnavailableError,
  type ReserveRequest,
  type ReserveVerdict,
  type Settlement,
  type SettleVerdict,
  type WarningWatch,
} from "@wflo/core";
import type { BatchJson } from "./batch-json.ts";
import { BatchSender } from "./batch-sender.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readReserve, type ReserveJson } from "./read-verdict.ts";
import { readSettled, type SettledJson } from "./read-settled.ts";
import { readWindow } from "./read-window.ts";
import { argsOfOne, reserveArgs, type ReserveArgs } from "./reserve-args.ts";
import { readSettlements, settlementRows, settlementsJson, type SettlementRow } from "./settlements.ts";
import { wasUndone } from "./store-error.ts";
import { UnflushedSettles } from "./unflushed-settles.ts";

/** What goes in one statement: reserves, and settlements. */
const MAX_CALLS = 128;
/** More than this many do not wait. */
const CAPACITY = 10_000;

interface WaitingReserve {
  readonly kind: "reserve";
  readonly tenant: string;
  readonly args: ReserveArgs;
  readonly answered: PromiseWithResolvers<ReserveVerdict>;
}

interface WaitingSettle {
  readonly kind: "settle";
  readonly tenant: string;
  readonly rows: readonly SettlementRow[];
  readonly tellLater: WarningWatch["tell"] | undefined;
  readonly answered: PromiseWithResolvers<readonly SettleVerdict[]>;
}

type Waiting = WaitingReserve | WaitingSettle;

/**
 * The one way of a process to the money in a database. What finds nothing under way goes at once and alone; reserves and settles that come
 * meanwhile go together in one statement, which takes each lock once, and lets go of it before its commit is on the disk.
 */
export class CallWriter {
  readonly #driver: MigratedDriver;
  readonly #batches: BatchSender;
  readonly #unflushed = new UnflushedSettles((...args) => this.settle(...args));
  #waiting: Waiting[] = [];
  /** Calls that are asked for alone, beside what goes on. Whoever gives one of them up must not overtake it. */
  readonly #asked = new Set<string>();
  #isUnderWay = false;
  #isSettling = false;
  /** Several went together last: others are likely to wait for the same rows. */
  #isBusy = false;

  constructor(driver: MigratedDriver) {
    this.#driver = driver;
    this.#batches = new BatchSender(driver);
    driver.onConnectionLost(() => {
      this.#batches.forget();
      this.#unflushed.connectionLost();
    });
  }

  /** Rejects with `StoreUnavailableError`, and at once with `InvalidOptionError` for ids that the database cannot keep. */
  async reserve(request: ReserveRequest): Promise<ReserveVerdict> {
    const args = reserveArgs(request);
    // Who takes a hold over has it to lose, and is looked at alone.
    if (args.replaces !== null) return this.#beside(args.callId, this.#reserveAlone(args));
    if (this.#waiting.length >= CAPACITY)
      throw new StoreUnavailableError(
        `More than ${CAPACITY} calls wait for the database; no further one is made.`,
      );
    const answered = Promise.withResolvers<ReserveVerdict>();
    return this.#wait({ kind: "reserve", tenant: args.tenant, args, answered }, answered);
  }

  /** In the order given. Rejects with `StoreUnavailableError`, and at once with `InvalidOptionError` for ids that it cannot keep. */
  async settle(
    tenant: string,
    settlements: readonly Settlement[],
    tellLater?: WarningWatch["tell"],
  ): Promise<readonly SettleVerdict[]> {
    if (settlements.length === 0) return [];
    const answered = Promise.withResolvers<readonly SettleVerdict[]>();
    const rows = settlementRows(settlements);
    const waiting = { kind: "settle", tenant: keyOf("tenant", tenant), rows, tellLater, answered } as const;
    return this.#wait(waiting, answered);
  }

  #wait<T>(waiting: Waiting, answered: PromiseWithResolvers<T>): Promise<T> {
    this.#waiting.push(waiting);
    this.#pump();
    return answered.promise;
  }

  /** Nothing about this call goes until then. */
  async #beside<T>(callId: string, answered: Promise<T>): Promise<T> {
    this.#asked.add(callId);
    try {
      return await answered;
    } finally {
      this.#asked.delete(callId);
      this.#pump();
    }
  }

  /** The first that may go. */
  #first(): Waiting | undefined {
    if (this.#asked.size === 0) return this.#waiting[0];
    return this.#waiting.find((one) => !callIdsOf(one).some((id) => this.#asked.has(id)));
  }

  #pump(): void {
    const first = this.#first();
    if (this.#isUnderWay || first === undefined) return;
    const isLone = this.#waiting.length === 1 && !this.#isBusy;
    if (isLone && first.kind === "settle" && !this.#isSettling) return void this.#settleAside(first);
    this.#isUnderWay = true;
    void this.#sendNext();
  }

  /** A settle that goes alone keeps the next call of a lone caller from nothing. */
  async #settleAside(settle: WaitingSettle): Promise<void> {
    this.#waiting = [];
    this.#isSettling = true;
    await this.#answerAlone(settle);
    this.#isSettling = false;
    this.#pump();
  }

  async #sendNext(): Promise<void> {
    const batch = this.#next();
    await this.#send(batch);
    this.#isBusy = batch.length > 1;
    // Whom it answered may ask again at once: in two turns of the loop they have, and go together.
    if (this.#isBusy) {
      await nextTurn();
      await nextTurn();
    }
    this.#isUnderWay = false;
    this.#pump();
  }

  /** The first that waits, and the others of its tenant that are about other calls, in their order. */
  #next(): readonly Waiting[] {
    const seen = new Set(this.#asked);
    const tenant = this.#first()?.tenant;
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    let calls = 0;
    for (const one of this.#waiting) {
      const ids = callIdsOf(one);
      const fits = calls === 0 || calls + ids.length <= MAX_CALLS;
      const goes = fits && one.tenant === tenant && !ids.some((id) => seen.has(id));
      (goes ? batch : left).push(one);
      if (goes) calls += ids.length;
      // What stays behind keeps its place before what comes after it.
      for (const id of ids) seen.add(id);
    }
    this.#waiting = left;
    return batch;
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1 && !this.#isBusy) return this.#answerAlone(first);
    const settles = batch.filter((one) => one.kind === "settle");
    const reserves = batch.filter((one) => one.kind === "reserve");
    try {
      const json = await this.#together(first.tenant, settles, reserves);
      answerSettles(settles, json);
      const states = json.windows.map(readWindow);
      for (const [at, one] of reserves.entries()) {
        const amount = json.grants?.[at] ?? null;
        const own = states.filter(({ budgetId }) => one.args.budgetIds.includes(budgetId));
        // Nobody waits for what is asked for alone: what is refused takes no lock.
        if (amount === null) void this.#beside(one.args.callId, this.#answerAlone(one));
        else one.answered.resolve({ code: "granted", amountNanoUsd: BigInt(amount), windows: own });
      }
    } catch (error) {
      // What the server refused was undone, and may be the fault of one of them; when nobody knows what became of it, all are told so.
      if (wasUndone(error)) await Promise.all(batch.map((one) => this.#answerAlone(one)));
      else for (const { answered } of batch) answered.reject(error);
    }
  }

  async #together(
    tenant: string,
    settles: readonly WaitingSettle[],
    reserves: readonly WaitingReserve[],
  ): Promise<BatchJson> {
    const rows = settles.flatMap((one) => one.rows);
    const calls = reserves.map((one) => one.args);
    const begun = performance.now();
    const answer = await this.#batches.send(tenant, rows, calls);
    this.#unflushed.flushed(begun);
    return answer;
  }

  async #answerAlone(one: Waiting): Promise<void> {
    if (one.kind === "reserve")
      await this.#reserveAlone(one.args).then(one.answered.resolve, one.answered.reject);
    else await this.#settleAlone(one).then(one.answered.resolve, one.answered.reject);
  }

  async #settleAlone({ tenant, rows, tellLater }: WaitingSettle): Promise<readonly SettleVerdict[]> {
    if (rows.every(({ receipt }) => receipt === undefined)) return readSettlements(rows, []);
    const { writesLater } = this.#driver;
    const json = await this.#driver.call(writesLater ? "settle" : "settle_all", [
      tenant,
      settlementsJson(rows),
    ]);
    const settlements = rows.map(({ settlement }) => settlement);
    if (writesLater) this.#unflushed.add({ tenant, settlements, tellLater });
    return readSettlements(rows, json);
  }

  async #reserveAlone(args: ReserveArgs): Promise<ReserveVerdict> {
    const begun = performance.now();
    const verdict = readReserve((await this.#driver.call("reserve", argsOfOne(args))) as ReserveJson);
    if (verdict.code === "granted") this.#unflushed.flushed(begun);
    return verdict;
  }
}

function callIdsOf(waiting: Waiting): readonly string[] {
  return waiting.kind === "reserve" ? [waiting.args.callId] : waiting.rows.map(({ callId }) => callId);
}

/** Hands each its part of the verdicts of all. */
function answerSettles(settles: readonly WaitingSettle[], json: SettledJson): void {
  const verdicts = readSettled(
    settles.flatMap(({ rows }) => rows),
    json,
  );
  let from = 0;
  for (const { rows, answered } of settles) {
    answered.resolve(verdicts.slice(from, from + rows.length));
    from += rows.length;
  }
}
