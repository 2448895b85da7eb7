import {
  BudgetBusyError,
  createWflo,
  type GuardRequest,
  memoryDatabase,
  StoreUnavailableError,
  type Clock,
  type Database,
  type LedgerStore,
} from "@wflo/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { fastClock } from "./support/fast-clock.ts";
import { answer, pause, request } from "./support/model.ts";

type Hooks = Partial<Record<keyof LedgerStore, () => Promise<void>>>;

/** A client on a budget of $10.00, and what the store does before it is asked and before it answers. */
async function client(waitMs: number, clock?: Clock, budgets: Readonly<Record<string, string>> = {}) {
  const before: Hooks = {};
  const after: Hooks = {};
  const bare = memoryDatabase();
  const ledger = new Proxy(bare.ledger, {
    get(target, name: keyof LedgerStore) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await before[name]?.();
        const answer = await method.apply(target, args);
        await after[name]?.();
        return answer;
      };
    },
  });
  const database: Database = { ...bare, ledger };
  const wflo = createWflo({ database, logger: false, clock, waitMs, drainMs: 100 });
  onTestFinished(async () => {
    for (const name of Object.keys(before) as (keyof LedgerStore)[]) delete before[name];
    await wflo.close();
  });
  for (const [id, total] of Object.entries({ b: "10.00", ...budgets }))
    await wflo.budgets.set({ id, caps: { total } });
  const on = (ids: readonly string[], hold: string, forMs = 0, own: Partial<GuardRequest> = {}) =>
    wflo.guardCall(request({ budgets: ids, hold, ...own }), async () => {
      await pause(forMs);
      return answer(hold);
    });
  const call = (hold: string, forMs = 0, signal?: AbortSignal) => on(["b"], hold, forMs, { signal });
  return { wflo, bare, call, on, before, after };
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

describe("what is kept for a call that has waited for a second", () => {
  test("is what it is short of, and nothing on other budgets, also for those that stand behind it", async () => {
    const { on } = await client(5_000, undefined, { a: "1.00", c: "100.00", d: "100.00" });
    const holder = on(["a"], "1.00", 2_000);
    await pause(20);
    const first = on(["a", "c"], "0.90");
    await pause(1_100);
    const began = performance.now();
    expect(await on(["c", "d"], "1.00")).toBe("1.00");
    expect(await on(["d"], "1.00")).toBe("1.00");
    expect(performance.now() - began).toBeLessThan(200);
    await Promise.all([holder, first]);
  });

  test("is not told to a call as a budget of its own", async () => {
    const { wflo, on } = await client(3_000, undefined, { a: "1.00", c: "100.00", z: "1.00" });
    const holders = [on(["z"], "1.00", 1_700), on(["a"], "0.50", 1_700)];
    const around = wflo.guardCall(request({ budgets: ["a"], hold: "0.30", tool: true }), async () => {
      await on(["z"], "0.50");
      return answer("around");
    });
    await pause(20);
    const older = on(["a", "c"], "0.60");
    await pause(1_200);
    // It needs more than all of a has, and is not on a.
    expect(await on(["c"], "5.00")).toBe("5.00");
    await Promise.all([...holders, around, older]);
  });

  test("is not kept from a call inside one that holds what it waits for", async () => {
    const { wflo, call, on } = await client(5_000);
    const around = wflo.guardCall(request({ budgets: ["b"], hold: "1.00", tool: true }), async () => {
      await pause(1_300);
      await on([], "0.10");
      return answer("around");
    });
    await pause(20);
    const older = call("9.50");
    expect(await around).toBe("around");
    expect(await older).toBe("9.50");
  });

  test("and its turn to ask: nobody who came later asks for its budgets before it", async () => {
    const { on, before } = await client(10_000, undefined, { a: "100.00", c: "100.00" });
    before.reserve = () => pause(60 + 80 * Math.random());
    const abort = new AbortController();
    const loop = async (id: string) => {
      while (!abort.signal.aborted) await on([id], "20.00");
    };
    const loops = Array.from({ length: 8 }, () => [loop("a"), loop("c")]).flat();
    await pause(200);
    const began = performance.now();
    await on(["a", "c"], "15.00");
    expect(performance.now() - began).toBeLessThan(1_500);
    abort.abort();
    await Promise.all(loops);
  });
});

test("five hundred calls that wait keep the process from nothing else", async () => {
  const { call } = await client(20_000);
  const holder = call("9.95", 400);
  await pause(20);
  const waiting = Array.from({ length: 500 }, () => call("5.00"));
  await pause(300);
  let last = performance.now();
  let worst = 0;
  const watch = setInterval(() => {
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  }, 1);
  await Promise.all([holder, ...waiting]);
  clearInterval(watch);
  expect(worst).toBeLessThan(3_000);
});

test("what another process gave back is found although new calls come every few milliseconds", async () => {
  const { bare, call } = await client(8_000);
  const other = createWflo({ database: { ...bare, close: async () => {} }, logger: false });
  const gate = Promise.withResolvers<void>();
  const holder = other.guardCall(request({ budgets: ["b"], hold: "10.00" }), async () => {
    await gate.promise;
    return answer("holder");
  });
  await pause(20);
  const first = call("5.00");
  const others: Promise<unknown>[] = [];
  const newcomers = setInterval(() => void others.push(call("0.01")), 8);
  await pause(1_300);
  gate.resolve();
  const began = performance.now();
  expect(await first).toBe("5.00");
  expect(performance.now() - began).toBeLessThan(500);
  clearInterval(newcomers);
  await Promise.all([holder, ...others]);
  await other.close();
});

test("money that comes free while the store is asked for a call is asked for again at once", async () => {
  const { call, before, after } = await client(2_000);
  before.getBudgets = never;
  const holder = call("9.00", 50);
  await pause(10);
  // This answer does not know of what comes free while it is on its way.
  after.reserve = () => pause(100);
  const waiting = call("9.50");
  await pause(10);
  delete after.reserve;
  await holder;
  expect(await waiting).toBe("9.50");
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
