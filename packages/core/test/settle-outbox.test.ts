import {
  createWflo,
  memoryDatabase,
  StoreUnavailableError,
  type Settlement,
  type WfloOptions,
} from "@wflo/core";
import { SettleOutbox } from "../src/budget/settle-outbox.ts";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fastClock } from "./support/fast-clock.ts";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

/** Ids that the caller chooses; a settle of `callIdOf(0)` is never taken. */
const callIdOf = (n: number) => `0190a0a0-0000-7000-8000-${n.toString().padStart(12, "0")}`;
const BAD = callIdOf(0);

/** A client whose store takes no settle that `refuses` says it does not. Time goes ten times as fast. */
async function client(refuses: (settlements: readonly Settlement[]) => boolean, options: WfloOptions = {}) {
  const fault = { refuses };
  const sent: (readonly Settlement[])[] = [];
  const database = memoryDatabase();
  const settle = database.ledger.settle.bind(database.ledger);
  database.ledger.settle = async (tenant, settlements) => {
    sent.push(settlements);
    if (fault.refuses(settlements)) throw new StoreUnavailableError("not these");
    return settle(tenant, settlements);
  };
  const { clock } = fastClock();
  const told: unknown[] = [];
  const logger = { warn: (line: string) => void told.push(line), error: () => {} };
  const wflo = createWflo({
    database: { ...database, close: async () => {} },
    logger,
    clock,
    waitMs: 5_000,
    ...options,
  });
  const reader = createWflo({ database, logger: false });
  onTestFinished(async () => {
    fault.refuses = () => false;
    await wflo.close().catch(() => {});
  });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
  const call = (n: number, hold = "0.01") =>
    wflo.guardCall(request({ budgets: ["b"], callId: callIdOf(n), hold }), async () => answer(n));
  const books = async () => {
    const window = (await reader.budgets.get("b"))?.windows[0];
    return { spent: window?.spent, reserved: window?.reserved };
  };
  return { wflo, call, books, sent, fault, told };
}

const withBad = (settlements: readonly Settlement[]) => settlements.some(({ callId }) => callId === BAD);
const spentFor = (calls: number) => String(Number((Number(ANSWER_COST) * calls).toFixed(5)));

describe("a settle that the store never takes", () => {
  test("keeps no other from being taken before the client closes", async () => {
    const { wflo, call, books } = await client(withBad);
    await call(0, "0.01");
    await pause(2_400);
    await call(1, "5.00");
    await expect(wflo.close()).rejects.toThrow("1 settles were not taken");
    expect(await books()).toEqual({ spent: spentFor(1), reserved: "0.01" });
  });

  test("lets no call wait for the money of another that is over", async () => {
    const { call } = await client(withBad);
    await call(0);
    await pause(1_000);
    await call(1, "9.00");
    const began = performance.now();
    expect(await call(2, "9.00")).toBe(2);
    // A second of the client's at most, the first time: nothing tells an outage from one bad settle before.
    expect(performance.now() - began).toBeLessThan(200);
    for (let n = 3; n < 8; n += 1) await call(n, "9.00");
    expect(performance.now() - began).toBeLessThan(400);
  });

  test("among many costs each of them a few attempts, and is tried again at longer and longer intervals", async () => {
    const { call, books, sent } = await client(withBad);
    await Promise.all(Array.from({ length: 51 }, (_, n) => call(n)));
    const began = performance.now();
    // Twice together, then each by itself; the bad one after 0.1, 0.2, 0.4 ... up to 10 s again.
    while ((await books()).reserved !== "0.01") await pause(5);
    expect(performance.now() - began).toBeLessThan(250);
    expect(await books()).toEqual({ spent: spentFor(50), reserved: "0.01" });
    expect(sent.length).toBeLessThan(60);
    await pause(2_000);
    expect(sent.filter(withBad).length).toBeLessThan(14);
    for (let n = 51; n < 60; n += 1) {
      await call(n, "9.00");
      await pause(1);
    }
    expect(sent.filter(withBad).length).toBeLessThan(14);
  });

  test("keeps no other that failed with it from being tried", async () => {
    const { call, books, fault } = await client(() => false);
    // Refused together twice: none of them is trusted any more.
    for (const round of [0, 1]) {
      fault.refuses = (settlements) => settlements.length > 1;
      await Promise.all([2, 3, 4].map((n) => call(10 * round + n)));
      await pause(5);
    }
    fault.refuses = withBad;
    await call(0);
    await vi.waitFor(async () => expect(await books()).toEqual({ spent: spentFor(6), reserved: "0.01" }));
  });

  test("is taken when the store takes it at last", async () => {
    const { wflo, call, books, fault } = await client(withBad);
    await call(0);
    await call(1);
    await pause(500);
    fault.refuses = () => false;
    await wflo.flush();
    expect(await books()).toEqual({ spent: spentFor(2), reserved: "0.00" });
  });
});

describe("an outage", () => {
  test("is met by an attempt a second, and over for all at once", async () => {
    const { wflo, call, books, sent, fault, told } = await client(() => true);
    const calls = async (from: number) => {
      await Promise.all(Array.from({ length: 200 }, (_, n) => call(from + n)));
      await pause(300);
    };
    for (let round = 0; round < 4; round += 1) await calls(round * 200);
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.length).toBeLessThan(20);
    expect(told).toHaveLength(1);
    fault.refuses = () => false;
    const before = sent.length;
    await pause(250);
    expect(await books()).toEqual({ spent: spentFor(800), reserved: "0.00" });
    // One to see that it is over, then a hundred at a time.
    expect(sent.length - before).toBe(9);
    await wflo.flush();
  });

  test("after a store that came and went is met by few attempts as well, and over at once", async () => {
    const { call, books, sent, fault } = await client(() => false);
    let calls = 0;
    const some = (count: number) => Promise.all(Array.from({ length: count }, () => call(calls++)));
    for (let hiccup = 0; hiccup < 2; hiccup += 1) {
      fault.refuses = (settlements) => settlements.length > 1;
      await some(50);
      await pause(20);
      fault.refuses = () => false;
      await some(1);
    }
    fault.refuses = () => true;
    await some(50);
    const before = sent.length;
    await pause(1_000);
    expect(sent.length - before).toBeLessThan(20);
    fault.refuses = () => false;
    await pause(250);
    expect(await books()).toEqual({ spent: spentFor(calls), reserved: "0.00" });
  });

  test("is met by ten attempts a second where each call awaits its settle", async () => {
    const { call, sent, fault } = await client(() => true, { settle: "await" });
    const calls = Array.from({ length: 200 }, async (_, n) => {
      await pause(n * 2);
      await call(n);
    });
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0));
    const before = sent.length;
    const began = performance.now();
    await pause(400);
    // Ten times as fast by the clock of the client.
    const attemptsASecond = (sent.length - before) / ((performance.now() - began) / 100);
    expect(attemptsASecond).toBeLessThan(14);
    fault.refuses = () => false;
    await Promise.all(calls);
  });

  test("that comes and goes loses nothing, and sends what was in it twice alone", async () => {
    const { wflo, call, books, fault } = await client(() => false);
    let calls = 0;
    for (let round = 0; round < 5; round += 1) {
      fault.refuses = () => true;
      await Promise.all(Array.from({ length: 40 }, () => call(calls++)));
      await pause(20);
      fault.refuses = (settlements) => settlements.length > 1 && round < 4;
      await call(calls++);
      await pause(60);
    }
    fault.refuses = () => false;
    await wflo.flush();
    expect(await books()).toEqual({ spent: spentFor(calls), reserved: "0.00" });
  });
});

test("a bill is not sent before what its call was charged without it, unless that is never taken", async () => {
  const { clock } = fastClock();
  const order: string[] = [];
  let refuses: (settlements: readonly Settlement[]) => boolean = () => true;
  const ledger = {
    ...memoryDatabase().ledger,
    async settle(_: string, settlements: readonly Settlement[]) {
      if (refuses(settlements)) throw new StoreUnavailableError("not now");
      order.push(...settlements.map(({ settlementId }) => settlementId));
      return settlements.map(({ callId }) => ({
        callId,
        code: "settled" as const,
        chargedNanoUsd: 0n,
        overrunNanoUsd: 0n,
      }));
    },
  };
  const outbox = new SettleOutbox({ tenant: "t", ledger, clock, onSettled: () => {}, onTrouble: () => {} });
  const add = (settlementId: string, callId: string, kind: "doubt" | "settle") =>
    outbox.add({ callId, settlementId, kind, costNanoUsd: 1n, receipt: {} }, []);
  void add("doubt", "x", "doubt");
  void add("other", "y", "settle");
  await pause(3);
  refuses = (settlements) => settlements.some(({ settlementId }) => settlementId === "doubt");
  await pause(30);
  void add("bill", "x", "settle");
  await pause(3);
  expect(order).toEqual(["other"]);
  refuses = () => false;
  await outbox.flush(1_000);
  expect(order).toEqual(["other", "doubt", "bill"]);
});
