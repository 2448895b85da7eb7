import {
  BudgetExceededError,
  BudgetPausedError,
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  StoreUnavailableError,
  type Database,
  type LedgerStore,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

/** What a call may cost at most: 5 tokens in, 100 out. */
const CALL = { budgets: ["org"], maxOutputTokens: 100 };

let bare: Database;
/** How often each method of the ledger was called. */
let asked: Record<string, number>;
let isDown = false;
let wflo: Wflo;
let other: Wflo;

/** The database, counted, and gone where `isDown`. */
function watched(): Database {
  const ledger = new Proxy(bare.ledger, {
    get(target, name: keyof LedgerStore) {
      const method = target[name] as (...args: never[]) => Promise<unknown>;
      return (...args: never[]) => {
        asked[name] = (asked[name] ?? 0) + 1;
        if (isDown) return Promise.reject(new StoreUnavailableError("gone"));
        return method.apply(target, args);
      };
    },
  });
  return { ...bare, ledger, close: async () => {} };
}

beforeEach(async () => {
  bare = memoryDatabase();
  asked = {};
  isDown = false;
  wflo = createWflo({ database: watched(), logger: false, lease: ["org"], waitMs: 2_000 });
  other = createWflo({ database: watched(), logger: false, waitMs: 2_000 });
  await wflo.budgets.set({ id: "org", caps: { total: "100.00" }, warnAt: [0.5] });
});
afterEach(async () => {
  isDown = false;
  await wflo.close();
  await other.close();
  const wrong = await bare.ledger.reconcile("default");
  if (wrong.length > 0)
    throw new Error(`The books are wrong: ${JSON.stringify(wrong, (_, value) => String(value))}`);
});

const call = (client = wflo, change = {}) =>
  client.guardCall(request({ ...CALL, ...change }), async () => answer("done"));

/** Calls one after the other, so that the budget is hot. */
async function heat(calls = 12, change = {}): Promise<void> {
  for (let made = 0; made < calls; made += 1) await call(wflo, change);
}

async function books(id = "org") {
  const [window] = (await other.budgets.get(id))?.windows ?? [];
  return [window?.spent, window?.reserved];
}

test("calls on a hot budget are held in memory, and posted to the last digit", async () => {
  await heat();
  asked = {};
  await Promise.all(Array.from({ length: 500 }, () => call()));
  expect(asked["reserve"] ?? 0).toBeLessThanOrEqual(1);
  expect(asked["settle"]).toBeUndefined();
  await wflo.flush();
  expect(asked["post"]).toBeLessThan(10);
  expect((await books())[0]).toBe(`${(512 * Number(ANSWER_COST)).toFixed(5)}`);
  const lines = (await wflo.calls.list({ budgetId: "org", limit: 1_000 })).filter(
    ({ model }) => model === "gpt-4.1",
  );
  expect(lines).toHaveLength(512);
  for (const line of lines) expect(line).toMatchObject({ charged: ANSWER_COST, kind: "settle" });
});

test("a lease that nobody uses is given back within seconds", async () => {
  await heat();
  expect((await books())[1]).not.toBe("0.00");
  await pause(1_600);
  expect((await books())[1]).toBe("0.00");
});

test("closing gives everything back", async () => {
  await heat();
  await wflo.close();
  expect(await books()).toEqual([`${(12 * Number(ANSWER_COST)).toFixed(5)}`, "0.00"]);
});

test("a budget on which few calls are made, one that is not named, and calls of runs are as before", async () => {
  await heat(5);
  await wflo.flush();
  expect(await books()).toEqual(["0.0041", "0.00"]);
  await wflo.budgets.set({ id: "team", caps: { total: "100.00" } });
  await heat(20, { budgets: ["team"] });
  await wflo.flush();
  expect(await books("team")).toEqual([`${(20 * Number(ANSWER_COST)).toFixed(4)}`, "0.00"]);
  await pause(1_100);
  asked = {};
  await wflo.run({ budgets: ["org"] }, async () => heat(20, { budgets: [] }));
  expect(asked["reserve"]).toBe(20);
  expect(asked["post"]).toBeUndefined();
});

test("no call passes the cap, and what is left in the end is less than a call needs", async () => {
  await wflo.budgets.set({ id: "org", caps: { total: "1.00" } });
  const results: PromiseSettledResult<unknown>[] = [];
  for (let wave = 0; wave < 52; wave += 1)
    results.push(...(await Promise.allSettled(Array.from({ length: 25 }, () => call()))));
  await wflo.flush();
  const refused = results.filter(({ status }) => status === "rejected");
  for (const { reason } of refused as PromiseRejectedResult[])
    expect(reason).toBeInstanceOf(BudgetExceededError);
  const made = results.length - refused.length;
  const [spent, reserved] = await books();
  expect(Number(spent)).toBeCloseTo(made * Number(ANSWER_COST), 8);
  expect(1 - Number(spent)).toBeLessThan(0.002);
  expect(reserved).toBe("0.00");
  expect(asked["post"]).toBeGreaterThan(0);
});

test("another process that waits gets the money of a lease that is in use", async () => {
  await wflo.budgets.set({ id: "org", caps: { total: "1.00" } });
  await heat();
  await wflo.flush();
  let isOver = false;
  const inUse = (async () => {
    while (!isOver) {
      await call().catch(() => {});
      await pause(100);
    }
  })();
  const free = Number((await other.budgets.get("org"))?.windows[0]?.free);
  const started = performance.now();
  // More than is free without what the lease has.
  const hold = (free + 0.001).toFixed(6);
  await other.guardCall(request({ budgets: ["org"], hold }), async () => answer("done"));
  expect(performance.now() - started).toBeLessThan(1_000);
  isOver = true;
  await inUse;
});

test("of a lease that ends, what open calls do not need goes back at once", async () => {
  await heat();
  const open = Promise.withResolvers<void>();
  const held = wflo.guardCall(request(CALL), async () => {
    await open.promise;
    return answer("done");
  });
  await pause(10);
  const [, leased] = await books();
  await wflo.budgets.pause("org");
  await pause(50);
  const [, reserved] = await books();
  expect(Number(leased)).toBeGreaterThan(0.5);
  // What one call may cost.
  expect(Number(reserved)).toBeGreaterThan(0);
  expect(Number(reserved)).toBeLessThan(0.003);
  open.resolve();
  await held;
  await wflo.flush();
  await pause(50);
  expect((await books())[1]).toBe("0.00");
});

describe("a pause", () => {
  test("by this process stops the next call", async () => {
    await heat();
    await wflo.budgets.pause("org");
    await expect(call(wflo, { timeoutMs: 200 })).rejects.toThrow(BudgetPausedError);
  });

  test("by another process stops calls within a second", async () => {
    await heat();
    await other.budgets.pause("org");
    const refused = (async () => {
      for (const started = performance.now(); performance.now() - started < 2_000; await pause(5))
        await call();
    })();
    const started = performance.now();
    await expect(refused).rejects.toThrow(BudgetPausedError);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

test("a cap that is lowered by this process counts for the next call", async () => {
  await heat();
  await wflo.budgets.set({ id: "org", caps: { total: "0.0001" } });
  await expect(call()).rejects.toThrow(BudgetExceededError);
});

test("what is spent on a lease warns once, in one process", async () => {
  const warned: string[] = [];
  wflo.on("budget-warning", ({ share }) => void warned.push(`mine ${share}`));
  other.on("budget-warning", ({ share }) => void warned.push(`theirs ${share}`));
  await wflo.budgets.set({ id: "org", caps: { total: "1.00" }, warnAt: [0.2] });
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => call()));
    await wflo.flush();
  }
  expect(warned).toEqual(["mine 0.2"]);
});

test("a call inside a call that is held on a lease takes its hold over, and one is charged", async () => {
  await heat();
  await wflo.flush();
  const [before] = await books();
  await wflo.guardCall(request(CALL), async () => {
    await call();
    return answer("outer");
  });
  await wflo.flush();
  await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
  await wflo.flush();
  const [after] = await books();
  await pause(50);
  expect(Number(after) - Number(before)).toBeCloseTo(Number(ANSWER_COST), 8);
  expect((await books())[1]).toBe("0.00");
});

test("bills that the database cannot take are posted when it is back, and flush says so meanwhile", async () => {
  await heat();
  await wflo.flush();
  isDown = true;
  await Promise.all(Array.from({ length: 30 }, () => call()));
  await expect(wflo.flush({ timeoutMs: 200 })).rejects.toThrow(StoreUnavailableError);
  isDown = false;
  await wflo.flush();
  expect((await books())[0]).toBe(`${(42 * Number(ANSWER_COST)).toFixed(5)}`);
});

test("an answer that cost more than its hold is charged in full", async () => {
  await heat();
  await wflo.guardCall(request(CALL), async () => answer("long", { outputTokens: 5_000 }));
  await wflo.flush();
  const [line] = (await wflo.calls.list({ limit: 100 })).filter(({ charged }) => charged === "0.04002");
  expect(line).toMatchObject({ kind: "settle" });
});

test.each([["org"], [[""]], [[7]], [[null]]])("lease: %o is refused", (lease) => {
  expect(() => createWflo({ lease: lease as never, logger: false })).toThrow(InvalidOptionError);
});

test("a prefix and * names budgets that are alike", async () => {
  const client = createWflo({ database: watched(), logger: false, lease: ["team/*"] });
  await client.budgets.set({ id: "team/1", caps: { total: "100.00" } });
  for (let made = 0; made < 30; made += 1) await call(client, { budgets: ["team/1"] });
  await client.flush();
  expect(asked["post"]).toBeGreaterThan(0);
  await client.close();
});
