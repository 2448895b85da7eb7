import {
  CallConflictError,
  createWflo,
  StoreUnavailableError,
  type GuardRequest,
  type ReserveRequest,
} from "@wflo/core";
import pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { argsOfMany, argsOfOne, reserveArgs, type ReserveArgs } from "../src/reserve-args.ts";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import { cuttingProxy } from "./support/cutting-proxy.ts";
import { asks, bills } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const failed = (error: unknown): unknown => error;

async function throughProxy() {
  const proxy = await cuttingProxy(database.url);
  onTestFinished(() => proxy.close());
  return { proxy, store: database.open({ url: proxy.url }) };
}

test("a reserve whose answer was lost gives the same hold when it is asked for again, and is charged once", async () => {
  const { proxy, store } = await throughProxy();
  const { ledger } = store;
  await ledger.setBudget("t", { id: "lone", caps: { total: 1_000n }, onExpiry: "charge", warnAt: [] });
  const call = asks(["lone"], 100n);
  const cut = proxy.cutAfter("wflo.reserve(");
  expect(await ledger.reserve(call).catch(failed)).toBeInstanceOf(StoreUnavailableError);
  await cut;
  expect(await ledger.reserve(call)).toEqual({ code: "replay", amountNanoUsd: 100n });
  const bill = bills(call.callId, 60n);
  const settled = proxy.cutAfter("wflo.settle(");
  expect(await ledger.settle("t", [bill]).catch(failed)).toBeInstanceOf(StoreUnavailableError);
  await settled;
  expect(await ledger.settle("t", [bill])).toMatchObject([{ code: "replay", chargedNanoUsd: 60n }]);
  expect((await ledger.getBudgets("t", ["lone"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 60n,
    reservedNanoUsd: 0n,
  });
  expect(await ledger.reserve(call)).toEqual({ code: "closed" });
});

test.each([
  ["decided", "settle_and_reserve_early", false],
  ["foreseen", "settle_and_reserve_foreseen_early", true],
])(
  "a batch (%s) whose answer was lost fails all its calls; each is there once, and asked for again has its hold",
  async (id, batch, isNew) => {
    const { proxy, store } = await throughProxy();
    const { ledger } = store;
    await ledger.setBudget("t", { id, caps: { total: 90_000n }, onExpiry: "charge", warnAt: [] });
    // The second and the third go together, after which the budget is known.
    const old = Array.from({ length: 3 }, () => asks([id], 100n, { isNew: true }));
    await Promise.all(old.map((call) => ledger.reserve(call)));
    await ledger.reserve(asks([], 1n));
    const bill = old.map(({ callId }) => bills(callId, 70n));
    const calls = Array.from({ length: 6 }, () => asks([id], 100n, { isNew }));
    const cut = proxy.cutAfter(batch);
    await new Promise((resolve) => setImmediate(resolve));
    // What finds nothing under way goes alone.
    const first = ledger.reserve(asks([], 1n));
    const lost = await Promise.all([
      ...calls.map((call) => ledger.reserve(call).catch(failed)),
      ledger.settle("t", bill).catch(failed),
    ]);
    await cut;
    expect(await first).toMatchObject({ code: "granted" });
    for (const answer of lost) expect(answer).toBeInstanceOf(StoreUnavailableError);
    for (const call of calls)
      expect(await ledger.reserve(call)).toEqual({ code: "replay", amountNanoUsd: 100n });
    expect(await ledger.settle("t", bill)).toMatchObject(
      bill.map(() => ({ code: "replay", chargedNanoUsd: 70n })),
    );
    expect((await ledger.getBudgets("t", [id]))[0]?.windows[0]).toMatchObject({
      spentNanoUsd: 210n,
      reservedNanoUsd: 600n,
    });
    expect(await ledger.reconcile("t")).toEqual([]);
  },
);

test("through the door such a call is not made, and what it held is given back; under an id of the caller's it is let expire", async () => {
  const { proxy, store } = await throughProxy();
  const wflo = createWflo({ database: store, logger: false });
  await wflo.budgets.set({ id: "door", caps: { total: "1.00" } });
  const request: GuardRequest = {
    provider: "openai",
    model: "gpt-4.1",
    parts: ["hello"],
    hold: "0.10",
    budgets: ["door"],
  };
  const said = { value: "hi", usage: { inputTokens: 1, outputTokens: 1 } };
  const attempt = vi.fn<() => Promise<typeof said>>(async () => said);
  const reserved = async () => (await wflo.budgets.get("door"))?.windows[0]?.reserved;

  let cut = proxy.cutAfter("wflo.reserve(");
  await expect(wflo.guardCall(request, attempt)).rejects.toThrow(StoreUnavailableError);
  await cut;
  await wflo.flush();
  expect([attempt.mock.calls.length, await reserved()]).toEqual([0, "0.00"]);

  const own = { ...request, callId: crypto.randomUUID() };
  cut = proxy.cutAfter("wflo.reserve(");
  await expect(wflo.guardCall(own, attempt)).rejects.toThrow(StoreUnavailableError);
  await cut;
  // Who else makes a call of this id nobody here can know: it is not made a second time.
  await expect(wflo.guardCall(own, attempt)).rejects.toThrow(CallConflictError);
  await wflo.flush();
  expect([attempt.mock.calls.length, await reserved()]).toEqual([0, "0.10"]);
});

describe("a call that is given up while its reserve is being committed", () => {
  const callsOf = { reserve: argsOfOne, settle_and_reserve: batchOf };

  test.each(["reserve", "settle_and_reserve"] as const)("holds nothing afterwards (%s)", async (name) => {
    const { ledger } = database.open();
    await ledger.setBudget("t", { id: name, caps: { total: 1_000n }, onExpiry: "charge", warnAt: [] });
    const calls = [asks([name], 100n, { isNew: true }), asks([name], 100n, { isNew: true })];
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    for (const call of name === "reserve" ? calls : calls.slice(0, 1)) {
      const args = callsOf[name](reserveArgs(call));
      const places = args.map((_, at) => `$${at + 1}`).join(", ");
      await client.query(`select wflo.${name}(${places})`, [...args]);
    }
    const voids = calls.map(({ callId }) => bills(callId, 0n, { kind: "void" })).toReversed();
    const given = ledger.settle("t", voids);
    await vi.waitFor(async () => expect(await waitingLocks()).toBe(1), 30_000);
    await client.query("commit");
    const verdicts = await given;
    expect(verdicts.at(-1)).toMatchObject({ code: "settled", chargedNanoUsd: 0n });
    for (const call of calls) {
      expect(await ledger.reserve(call)).toEqual({ code: "closed" });
      expect(await ledger.listEntries("t", { callId: call.callId, limit: 9 })).toHaveLength(1);
    }
    expect(await holdsOf(calls)).toEqual([]);
    expect(await ledger.reconcile("t")).toEqual([]);
  });

  test("is refused when it comes while that is written down", async () => {
    const { ledger } = database.open();
    const call = asks([], 100n, { isNew: true });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    const rows = settlementRows([bills(call.callId, 0n, { kind: "void" })]);
    await client.query("select wflo.settle_all('t', $1)", [settlementsJson(rows)]);
    const asked = ledger.reserve(call);
    await vi.waitFor(async () => expect(await waitingLocks()).toBe(1), 30_000);
    await client.query("commit");
    expect(await asked).toEqual({ code: "closed" });
    expect(await holdsOf([call])).toEqual([]);
  });

  function batchOf(args: ReserveArgs): readonly unknown[] {
    return [args.tenant, "[]", ...argsOfMany([args])];
  }

  async function holdsOf(calls: readonly ReserveRequest[]) {
    const ids = calls.map(({ callId }) => callId);
    return database.query("select from wflo.hold where call_id = any ($1)", [ids]);
  }

  async function waitingLocks(): Promise<number> {
    const rows = await database.query(
      "select from pg_locks l join pg_database d on d.oid = l.database or l.database is null where not l.granted and d.datname = current_database()",
    );
    return rows.length;
  }
});
