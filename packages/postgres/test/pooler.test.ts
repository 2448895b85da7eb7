import { createWflo } from "@wflo/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PgPool, PgQuery } from "../src/pg-pool.ts";
import { postgres } from "../src/postgres.ts";
import { asks, bills, newId, puts, saves, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase({ empty: true });
const clients: pg.Client[] = [];

beforeAll(async () => {
  for (let index = 0; index < 3; index += 1) {
    const client = new pg.Client({ connectionString: files.url });
    await client.connect();
    clients.push(client);
  }
});
afterAll(() => Promise.all(clients.map((client) => client.end())));

/** As a pooler in transaction mode, at its worst: each statement goes to another connection, which has forgotten everything. */
function forgetfulPool(): PgPool {
  let turn = 0;
  const next = async (): Promise<pg.Client> => {
    const client = clients[(turn += 1) % clients.length] as pg.Client;
    await client.query("discard all");
    await client.query("select set_config('search_path', '', false)");
    return client;
  };
  return {
    options: {},
    query: async (query: PgQuery) => (await next()).query(query),
    connect: async () => Object.assign(await next(), { release: () => {} }),
    on: () => {},
    removeListener: () => {},
    end: async () => {},
  };
}

test("works when each statement goes to another connection without any session state", async () => {
  const { ledger, runs, checkpoints, ...database } = postgres({ pool: forgetfulPool() });
  await ledger.setBudget("t", {
    id: "b",
    caps: { total: 1_000n, day: 1_000n },
    onExpiry: "charge",
    warnAt: [0.5],
  });
  const runId = newId();
  expect(
    await runs.create("t", {
      ...starts(runId, { budgetIds: ["b"], tags: ["x", "y,{"] }),
      ownBudget: { id: "own", totalNanoUsd: 7n },
    }),
  ).toBe(true);
  expect(await runs.create("t", starts(runId))).toBe(false);
  const label = { runId, step: "s", agent: "a", provider: "p", model: "m" };
  const [first, second, third] = [
    asks(["b"], 10n, { epoch: 1, label }),
    asks(["b"], 10n, { epoch: 1, label, ttlMs: 0 }),
    asks(["b"], 10n, { epoch: 1, label }),
  ];
  for (const call of [first, second, third]) expect((await ledger.reserve(call)).code).toBe("granted");
  await ledger.renew("t", [first.callId], 60_000);
  expect(await ledger.expire(10)).toBe(1);
  expect((await ledger.settle("t", [bills(first.callId, 5n)]))[0]?.code).toBe("settled");
  expect(
    (
      await ledger.correct("t", {
        callId: second.callId,
        correctionId: newId(),
        costNanoUsd: 1n,
        receipt: {},
      })
    )?.code,
  ).toBe("settled");
  expect((await database.commitStep(saves(runId, { path: "p", checkpointId: "c", result: "r" }))).code).toBe(
    "committed",
  );
  expect(await runs.heartbeat("t", runId, 1)).toBe(true);
  expect((await runs.claim("t", runId, { takeOver: false })).code).toBe("alive");
  expect((await runs.claim("t", runId, { takeOver: true })).code).toBe("claimed");
  expect(
    (await ledger.listEntries("t", { runId, inDoubt: true, limit: 10 })).map((entry) => entry.callId),
  ).toEqual([third.callId]);
  expect(await ledger.listEntries("t", { budgetId: "b", inDoubt: false, limit: 10 })).toHaveLength(3);
  expect(
    await database.commitStep(saves(runId, { path: "p", settlements: [bills(third.callId, 3n)] })),
  ).toMatchObject({
    code: "superseded",
    settled: [{ code: "late", chargedNanoUsd: 3n }],
  });
  expect(await runs.finish("t", { runId, epoch: 1, status: "failed" })).toBe(false);
  expect(await runs.finish("t", { runId, epoch: 2, status: "paused", error: "no money \u0000" })).toBe(true);
  expect(await runs.get("t", runId)).toMatchObject({
    status: "paused",
    stale: false,
    epoch: 2,
    tags: ["x", "y,{"],
    error: "no money \uFFFD",
  });
  expect(await runs.list("t", { workflow: "w", status: "paused", limit: 5 })).toHaveLength(1);
  expect(await runs.list("t", { status: "stale", limit: 5 })).toEqual([]);
  expect(await runs.list("t", { tag: "y,{", since: new Date(0), limit: 5 })).toHaveLength(1);
  expect(await runs.list("t", { tag: "y", limit: 5 })).toEqual([]);
  expect(await runs.steps("t", runId)).toMatchObject([{ path: "p", checkpointId: "c", result: "r" }]);
  expect(await ledger.costs("t", runId)).toMatchObject([{ calls: 3, chargedNanoUsd: 9n, inexact: 0 }]);
  expect((await checkpoints.put(puts("th", "1"))).code).toBe("saved");
  const fence = { runId, epoch: 1 };
  expect((await checkpoints.put({ ...puts("th", "2"), fence })).code).toBe("superseded");
  expect(await checkpoints.get("t", { thread: "th", namespace: "" })).toMatchObject({ row: { id: "1" } });
  expect(await checkpoints.lineage("t", { thread: "th", namespace: "" }, 5)).toHaveLength(1);
  expect(await checkpoints.list("t", { limit: 5 })).toMatchObject([{ thread: "th", id: "1" }]);
  expect(await checkpoints.deleteThread("t", "th")).toBe(true);
  expect(await ledger.setPaused("t", "b", true)).toBe(true);
  expect((await ledger.raiseCap("t", "b", "total", 2_000n))?.caps.total).toBe(2_000n);
  expect((await ledger.listBudgets("t", { prefix: "b", limit: 5 }))[0]).toMatchObject({
    id: "b",
    paused: true,
    warnAt: [0.5],
  });
  expect(await ledger.reconcile("t")).toEqual([]);
  expect(await runs.get("t", "no-uuid")).toBeUndefined();
});

test("calls that wait leave together there too, and are on the disk when they are told of", async () => {
  const seen: string[] = [];
  const pool = forgetfulPool();
  const { ledger } = postgres({
    pool: {
      ...pool,
      query: (query) => {
        seen.push(query.text);
        return pool.query(query);
      },
    },
  });
  await ledger.setBudget("t", { id: "many", caps: { day: 1_000n }, onExpiry: "charge", warnAt: [] });
  const calls = Array.from({ length: 12 }, () => asks(["many"], 10n));
  const codes = (await Promise.all(calls.map((call) => ledger.reserve(call)))).map(({ code }) => code);
  expect(codes).toEqual(calls.map(() => "granted"));
  await Promise.all(calls.map(({ callId }) => ledger.settle("t", [bills(callId, 5n)])));
  expect(seen.filter((text) => text.startsWith("call wflo.settle_and_reserve"))).toHaveLength(2);
  expect((await ledger.getBudgets("t", ["many"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 60n,
    reservedNanoUsd: 0n,
  });
  expect(await ledger.reconcile("t")).toEqual([]);
});

test.each([
  [undefined, [expect.stringMatching(/^wflo_reserve_[0-9a-f]{16}$/)]],
  [true, [expect.stringMatching(/^wflo_reserve_[0-9a-f]{16}$/)]],
  [false, []],
])("names prepared statements if it may: %s", async (preparedStatements, names) => {
  const pool = new pg.Pool({ connectionString: files.url, max: 1 });
  const { ledger } = postgres({ pool, preparedStatements });
  for (let turn = 0; turn < 3; turn += 1) await ledger.reserve(asks([], 1n));
  const { rows } = await pool.query("select name from pg_prepared_statements");
  expect(rows.map((row: { name: string }) => row.name)).toEqual(names);
  await pool.end();
});

describe("names that are refused", () => {
  const refusals = [
    ["a name that this server does not know", "26000", 'prepared statement "wflo_x" does not exist'],
    ["a name that another client gave already", "42P05", 'prepared statement "wflo_x" already exists'],
    ["a result that has changed its type", "0A000", "cached plan must not change result type"],
  ] as const;
  test.each(refusals)("are given up, and what was asked is asked without: %s", async (_, code, message) => {
    const real = new pg.Pool({ connectionString: files.url, max: 2 });
    const names: (string | undefined)[] = [];
    const pool = Object.assign(Object.create(real) as pg.Pool, {
      async query(query: PgQuery) {
        if (!query.text.includes("wflo.reserve(")) return real.query(query);
        names.push(query.name);
        if (query.name !== undefined) throw Object.assign(new Error(message), { code });
        return real.query(query);
      },
    });
    const { ledger } = postgres({ pool });
    const answers = await Promise.all([asks([], 1n), asks([], 1n)].map((ask) => ledger.reserve(ask)));
    expect(answers).toMatchObject([{ code: "granted" }, { code: "granted" }]);
    const named = names.filter((name) => name !== undefined).length;
    expect(named).toBeGreaterThan(0);
    expect(named).toBeLessThanOrEqual(2);
    await ledger.reserve(asks([], 1n));
    expect(names.slice(-1)).toEqual([undefined]);
    await real.end();
  });

  test("are no reason to ask again what failed for another one", async () => {
    const real = new pg.Pool({ connectionString: files.url, max: 2 });
    let asked = 0;
    const pool = Object.assign(Object.create(real) as pg.Pool, {
      async query(query: PgQuery) {
        if (!query.text.includes("wflo.reserve(")) return real.query(query);
        asked += 1;
        throw Object.assign(new Error("not supported"), { code: "0A000" });
      },
    });
    await expect(postgres({ pool }).ledger.reserve(asks([], 1n))).rejects.toThrow("not supported");
    expect(asked).toBe(1);
    await real.end();
  });
});

test("proves with reconcile that a row was changed by hand", async () => {
  const { ledger } = files.open();
  await files.query(
    "update wflo.budget_window set spent = spent + 7, reserved = 3 where id = 'b' and kind = 'day'",
  );
  expect(await ledger.reconcile("t")).toEqual([
    {
      budgetId: "b",
      window: "day",
      spentNanoUsd: 16n,
      entriesNanoUsd: 9n,
      reservedNanoUsd: 3n,
      holdsNanoUsd: 0n,
    },
  ]);
  const wflo = createWflo({ database: files.open(), tenant: "t", logger: false });
  expect(await wflo.budgets.reconcile()).toEqual({
    isExact: false,
    discrepancies: [
      {
        budgetId: "b",
        window: "day",
        spent: "0.000000016",
        entries: "0.000000009",
        reserved: "0.000000003",
        holds: "0.00",
      },
    ],
    inDoubt: [],
    hasMoreInDoubt: false,
  });
});
