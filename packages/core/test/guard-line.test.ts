import {
  BudgetBusyError,
  createWflo,
  memoryDatabase,
  StoreUnavailableError,
  type Clock,
  type Database,
  type LedgerStore,
} from "@wflo/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { fastClock } from "./support/fast-clock.ts";
import { answer, pause, request } from "./support/model.ts";

type Before = Partial<Record<keyof LedgerStore, () => Promise<void>>>;

/** A client on a budget of $10.00, and what the store does before it answers. */
async function client(waitMs: number, clock?: Clock) {
  const before: Before = {};
  const bare = memoryDatabase();
  const ledger = new Proxy(bare.ledger, {
    get(target, name: keyof LedgerStore) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await before[name]?.();
        return method.apply(target, args);
      };
    },
  });
  const database: Database = { ...bare, ledger };
  const wflo = createWflo({ database, logger: false, clock, waitMs, drainMs: 100 });
  onTestFinished(async () => {
    for (const name of Object.keys(before) as (keyof LedgerStore)[]) delete before[name];
    await wflo.close();
  });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
  const call = (hold: string, forMs = 0, signal?: AbortSignal) =>
    wflo.guardCall(request({ budgets: ["b"], hold, signal }), async () => {
      await pause(forMs);
      return answer(hold);
    });
  return { wflo, call, before };
}

const settled = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const never = () => new Promise<void>(() => {});

describe("a call that has waited for a second", () => {
  test("is not passed by later ones, also while the store is asked for it", async () => {
    const { call, before } = await client(10_000);
    before.reserve = () => pause(3);
    const abort = new AbortController();
    const began = performance.now();
    const loops = Array.from({ length: 20 }, async () => {
      while (!abort.signal.aborted) await call("0.10", 60 + 50 * Math.random());
    });
    await pause(200);
    expect(await call("9.50")).toBe("9.50");
    const waitedMs = performance.now() - began;
    abort.abort();
    await Promise.all(loops);
    expect(waitedMs).toBeLessThan(2_500);
  });

  test("lets those behind it go on at once when it leaves", async () => {
    const { call } = await client(10_000);
    const holder = call("6.00", 2_200);
    const abort = new AbortController();
    await pause(20);
    const big = settled(call("9.00", 0, abort.signal));
    await pause(1_300);
    const small = call("1.00");
    // The store is looked at more and more rarely.
    await pause(500);
    const began = performance.now();
    abort.abort(new Error("enough"));
    expect(await big).toMatchObject({ message: "enough" });
    expect(await small).toBe("1.00");
    expect(performance.now() - began).toBeLessThan(100);
    await holder;
  });
});

describe("waitMs is kept", () => {
  test.each(["expire", "recall", "getBudgets"] as const)(
    "while the store does not answer what is asked of it meanwhile: %s",
    async (name) => {
      const { call, before } = await client(300);
      const holder = call("9.00", 600);
      await pause(20);
      before[name] = never;
      const began = performance.now();
      expect(await settled(call("9.00"))).toBeInstanceOf(BudgetBusyError);
      expect(performance.now() - began).toBeLessThan(400);
      delete before[name];
      await holder;
    },
  );

  test("by a call whose turn does not come because the store does not answer another one", async () => {
    const { call, before } = await client(6_000, fastClock().clock);
    before.reserve = never;
    const abort = new AbortController();
    const first = settled(call("1.00", 0, abort.signal));
    await pause(10);
    const began = performance.now();
    const second = await settled(call("1.00"));
    expect(second).toBeInstanceOf(StoreUnavailableError);
    expect(second).toMatchObject({ message: expect.stringContaining("what is free of b") });
    expect(performance.now() - began).toBeLessThan(900);
    abort.abort();
    await first;
  });

  test("and is no limit of how long the store may take to answer", async () => {
    const { call, before } = await client(0);
    before.reserve = () => pause(50);
    expect(await Promise.all([call("1.00"), call("1.00"), call("1.00")])).toEqual(["1.00", "1.00", "1.00"]);
    const began = performance.now();
    const holder = call("9.00", 300);
    await pause(80);
    expect(await settled(call("9.00"))).toBeInstanceOf(BudgetBusyError);
    expect(performance.now() - began).toBeLessThan(290);
    await holder;
  });
});
