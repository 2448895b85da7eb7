import {
  BudgetExceededError,
  BudgetPausedError,
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  type Database,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let wflo: Wflo;
let wfloDatabase: Database;
/** Another process on the same database. */
let other: Wflo;

beforeEach(async () => {
  wfloDatabase = memoryDatabase();
  const options = { database: wfloDatabase, logger: false } as const;
  wflo = createWflo(options);
  other = createWflo(options);
  await wflo.budgets.set({ id: "org", caps: { month: "10.00" } });
  await wflo.budgets.set({ id: "team", caps: { month: "5.00" }, parent: "org" });
  await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" }, parent: "team" });
  await wflo.budgets.set({ id: "user/2", caps: { day: "1.00" }, parent: "team" });
});
afterEach(async () => {
  await wflo.flush();
  await other.close();
  await wflo.close().catch(() => {});
});

const call = (client: Wflo, budget: string, change = {}) =>
  client.guardCall(request({ budgets: [budget], ...change }), async () => answer("done"));

async function spent(...ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  await wflo.flush();
  await other.flush();
  const budgets = await Promise.all(ids.map((id) => wflo.budgets.get(id)));
  return budgets.map((budget) => budget?.windows[0]?.spent);
}

test("a call that names one budget is charged to all above it, in every process", async () => {
  await call(wflo, "user/1");
  await call(other, "user/2");
  expect(await spent("user/1", "user/2", "team", "org")).toEqual([
    ANSWER_COST,
    ANSWER_COST,
    "0.00164",
    "0.00164",
  ]);
  const [line] = await wflo.calls.list({ budgetId: "user/1" });
  expect(line?.budgetIds.toSorted()).toEqual(["org", "team", "user/1"]);
  expect((await wflo.budgets.get("user/1"))?.parent).toBe("team");
  expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
});

test("a parent that has no money refuses the call, and nothing is taken from the budget that was named", async () => {
  await wflo.budgets.set({ id: "org", caps: { month: "0.001" } });
  const refused = await call(wflo, "user/1").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BudgetExceededError);
  expect(refused).toMatchObject({ budgetId: "org", window: "month" });
  expect((await wflo.budgets.get("user/1"))?.windows[0]).toMatchObject({ spent: "0.00", reserved: "0.00" });
  await expect(wflo.checkBudgets(request({ budgets: ["user/1"] }))).rejects.toMatchObject({
    budgetId: "org",
  });
});

test("a parent that is paused stops the calls below, and theirs alone", async () => {
  await wflo.budgets.set({ id: "user/3", caps: { day: "1.00" } });
  await wflo.budgets.pause("team");
  await expect(call(wflo, "user/1")).rejects.toThrow(BudgetPausedError);
  await call(wflo, "user/3");
  await call(wflo, "org");
  await wflo.budgets.resume("team");
  await call(wflo, "user/1");
});

/** A call of one user that holds most of what their team has until `open`, and one of the other, by `client`, that waits for it. */
async function siblings(client: Wflo) {
  const until = Promise.withResolvers<void>();
  const big = { maxOutputTokens: 2_500, hold: "0.02" };
  const first = wflo.guardCall(request({ budgets: ["user/1"], ...big }), async () => {
    await until.promise;
    return answer("first");
  });
  await pause(20);
  const second = client.guardCall(request({ budgets: ["user/2"], ...big }), async () =>
    answer(performance.now()),
  );
  return { first, second, open: () => until.resolve() };
}

test("a call waits for what a call of a sibling holds of their parent, and is woken by its settle", async () => {
  await wflo.budgets.set({ id: "team", caps: { month: "0.03" }, parent: "org" });
  // Learns who is above whom.
  await call(wflo, "user/1", { maxOutputTokens: 10 });
  await call(wflo, "user/2", { maxOutputTokens: 10 });
  const { first, second, open } = await siblings(wflo);
  // Long enough for the next look at the store to be far away.
  await pause(700);
  const freed = performance.now();
  open();
  await first;
  expect((await second) - freed).toBeLessThan(60);
});

describe("a parent that changes", () => {
  test("places with its child is followed once by those who knew them the other way round", async () => {
    await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
    await wflo.budgets.set({ id: "a", caps: { total: "10.00" }, parent: "b" });
    await call(other, "a");
    await wflo.budgets.set({ id: "a", caps: { total: "10.00" } });
    await wflo.budgets.set({ id: "b", caps: { total: "10.00" }, parent: "a" });
    await call(other, "b");
    await call(other, "a");
    expect(await spent("a", "b")).toEqual(["0.00246", "0.00164"]);
  });

  test("while a call waits for the money of the old one lets it go on with the new one, in the time that is left", async () => {
    await wflo.budgets.set({ id: "team", caps: { month: "0.03" }, parent: "org" });
    const { first, second, open } = await siblings(other);
    await pause(200);
    const changed = performance.now();
    await wflo.budgets.set({ id: "user/2", caps: { day: "1.00" }, parent: "org" });
    expect((await second) - changed).toBeLessThan(1_300);
    open();
    await first;
  });

  test("counts for the next call of every process, also where the old one was known", async () => {
    await call(other, "user/1");
    await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" }, parent: "org" });
    await call(other, "user/1");
    expect(await spent("user/1", "team", "org")).toEqual(["0.00164", ANSWER_COST, "0.00164"]);
    await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" } });
    await call(other, "user/1");
    expect(await spent("user/1", "team", "org")).toEqual(["0.00246", ANSWER_COST, "0.00164"]);
  });

  test("does not begin the wait of a call anew", async () => {
    for (const id of ["org1", "org2"]) await wflo.budgets.set({ id, caps: { total: "0.03" } });
    const set = (parent: string) => wflo.budgets.set({ id: "user/1", caps: { day: "1.00" }, parent });
    await set("org1");
    const until = Promise.withResolvers<void>();
    const holders = ["org1", "org2"].map((id) =>
      wflo.guardCall(request({ budgets: [id], hold: "0.03" }), async () => {
        await until.promise;
        return answer("done");
      }),
    );
    await pause(20);
    const impatient = createWflo({ database: wfloDatabase, logger: false, waitMs: 700 });
    const started = performance.now();
    const waits = call(impatient, "user/1").catch((error: unknown) => error);
    for (const parent of ["org2", "org1"]) {
      await pause(250);
      await set(parent);
    }
    expect(await waits).toMatchObject({ code: "WFLO_BUDGET_BUSY" });
    expect(performance.now() - started).toBeLessThan(1_300);
    until.resolve();
    await Promise.all(holders);
  });

  test("leaves an open call where it is held", async () => {
    const open = Promise.withResolvers<void>();
    const held = wflo.guardCall(request({ budgets: ["user/1"] }), async () => {
      await open.promise;
      return answer("done");
    });
    await pause(20);
    await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" } });
    open.resolve();
    await held;
    expect(await spent("user/1", "team", "org")).toEqual([ANSWER_COST, ANSWER_COST, ANSWER_COST]);
  });
});

test("a default gives its parent to what it makes, and a parent is made from a default", async () => {
  await wflo.budgets.setDefault({ match: "squad/*", caps: { month: "3.00" }, parent: "org" });
  await wflo.budgets.setDefault({ match: "guest/*", caps: { day: "0.50" }, parent: "squad/7" });
  expect(await wflo.budgets.defaults()).toMatchObject([{ parent: "squad/7" }, { parent: "org" }]);
  await call(other, "guest/1");
  expect(await spent("guest/1", "squad/7", "org")).toEqual([ANSWER_COST, ANSWER_COST, ANSWER_COST]);
});

test.each([
  [
    { id: "org", parent: "org" },
    "Budget org: org cannot be its parent, since it is that budget itself or has it above.",
  ],
  [{ id: "org", parent: "user/1" }, "Budget org: user/1 cannot be its parent"],
  [
    { id: "new", parent: "nobody" },
    "Budget new: there is no budget nobody to be its parent. Set that one first.",
  ],
  [{ id: "new", parent: "" }, "Budget new: parent is a text of 1 to 200 characters"],
  [{ id: "new", parent: 7 as never }, "Budget new: parent is a text of 1 to 200 characters"],
])("%o is refused", async (budget, message) => {
  const wrong = wflo.budgets.set({ caps: { total: "1.00" }, ...budget });
  await expect(wrong).rejects.toThrow(InvalidOptionError);
  await expect(wrong).rejects.toThrow(message);
});

test("a run is told what is left of the budgets above its own", async () => {
  const left = await wflo.run({ budgets: ["user/1"], budget: "2.00" }, async (run) => {
    await wflo.guardCall(request(), async () => answer("done"));
    const { budgets } = await run.cost();
    return budgets.map(({ budgetId }) => budgetId).toSorted();
  });
  expect(left).toEqual(["org", expect.stringMatching(/^run\//), "team", "user/1"]);
});

test("a stream is cut when a budget above the one it names is paused", async () => {
  let wasCancelled = false;
  const stream = await wflo.guardStream(request({ budgets: ["user/1"], maxOutputTokens: 100 }), async () => ({
    chunks: new ReadableStream<string>({
      pull: async (controller) => {
        await pause(5);
        controller.enqueue("word ");
      },
      cancel: () => void (wasCancelled = true),
    }),
    meter: {
      read: (chunk: string) => [chunk],
      flush: () => [],
      outcome: () => ({ kind: "cut", reason: "broke off" }),
    },
    value: (chunks: ReadableStream<string>) => chunks,
  }));
  const read = (async () => {
    for await (const _ of stream as ReadableStream<string>);
  })().catch((error: unknown) => error);
  await pause(30);
  await wflo.budgets.pause("org");
  expect(await read).toBeInstanceOf(BudgetPausedError);
  expect(wasCancelled).toBe(true);
});

test("a call that is given up while its parents are asked for waits for the money of none", async () => {
  await wflo.budgets.set({ id: "small", caps: { total: "1.00" } });
  await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" }, parent: "small" });
  const end = Promise.withResolvers<void>();
  const first = other.guardCall(request({ budgets: ["small"], hold: "1.00" }), async () => {
    await end.promise;
    return answer(1);
  });
  await pause(10);
  const { ledger } = wfloDatabase;
  const reserve = ledger.reserve.bind(ledger);
  ledger.reserve = async (ask) => {
    await pause(30);
    return reserve(ask);
  };
  const fresh = createWflo({ database: { ...wfloDatabase, close: async () => {} }, logger: false });
  const enough = new Error("enough");
  const given = new AbortController();
  setTimeout(() => given.abort(enough), 10);
  // Whose id is its caller's own is not let go of while the database is asked.
  const callId = "018f0000-0000-7000-8000-000000000001";
  const call = request({ budgets: ["user/1"], hold: "0.50", callId, signal: given.signal });
  await expect(fresh.guardCall(call, async () => answer(2))).rejects.toBe(enough);
  end.resolve();
  await first;
  await fresh.close();
});
