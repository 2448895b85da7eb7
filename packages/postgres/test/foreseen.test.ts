import { randomUUID } from "node:crypto";
import type { LedgerStore, ReserveRequest, Settlement } from "@wflo/core";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { PgPool } from "../src/pg-pool.ts";
import { postgres } from "../src/postgres.ts";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import { asks, bills, starts } from "./support/samples.ts";
import { ForeseenDesk, type Became } from "./support/foreseen-desk.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const CAPS = { day: 100_000n, month: 900_000n };
const NOW = "select clock_timestamp()";

let desk: ForeseenDesk;
let ledger: LedgerStore;

beforeEach(() => {
  desk = new ForeseenDesk(database.url);
  ledger = database.open().ledger;
});

afterEach(async () => {
  await setClock(NOW);
  await desk.driver.close();
});

async function setClock(select: string): Promise<void> {
  await database.query(
    `create or replace function wflo.now() returns timestamptz language sql volatile as $$ ${select} $$`,
  );
}

function ask(ids: readonly string[], amount = 100n, changes: Partial<ReserveRequest> = {}): ReserveRequest {
  return asks(ids, amount, { isNew: true, ...changes });
}

/** Sets the budgets, and opens one call on them, of which the desk knows. */
async function open(ids: readonly string[], changes: Partial<ReserveRequest> = {}): Promise<ReserveRequest> {
  for (const id of ids) await ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [] });
  const call = ask(ids, 100n, changes);
  expect(await desk.decided("t", [], [call])).toMatchObject({ grants: ["100"] });
  return call;
}

describe("what is as it was foreseen", () => {
  test("is done in one statement: holds closed, others opened, entries and windows as the plain functions write them", async () => {
    const ids = ["done/a", "done/b"];
    const call = await open(ids);
    const label = { provider: 'p"{\\', model: "", step: "a, b", agent: "()", thread: " ", checkpointId: "ü" };
    const next = [ask(ids, 40n, { label }), ask(["done/b"], 50n)];
    await desk.decided("t", [], [ask(["done/b"], 0n)]);
    const receipt = { usage: { inputTokens: 7 }, latencyMs: 3, text: '"\\{},\u{1F600}' };
    const found = await desk.foreseen("t", [bills(call.callId, 130n, { receipt })], next);
    expect(found).toMatchObject({
      settled: [{ callId: call.callId, code: "settled", chargedNanoUsd: 130n, overrunNanoUsd: 30n }],
      grants: ["40", "50"],
      windows: [
        { budgetId: "done/a", window: "day", cap: "100000", spent: "130", reserved: "40", overrun: "30" },
        { budgetId: "done/a", window: "month", cap: "900000", spent: "130", reserved: "40", overrun: "30" },
        { budgetId: "done/b", window: "day", spent: "130", reserved: "90", overrun: "30" },
        { budgetId: "done/b", window: "month", spent: "130", reserved: "90", overrun: "30" },
      ],
    });
    const [entry] = await database.query("select * from wflo.entry where call_id = $1", [call.callId]);
    expect(entry).toMatchObject({
      kind: "settle",
      held: "100",
      charged: "130",
      total: "130",
      input_tokens: "7",
      latency_ms: "3",
      failed: false,
      receipt,
    });
    const [hold] = await database.query("select * from wflo.hold where call_id = $1", [next[0]?.callId]);
    expect(hold).toMatchObject({
      budget_ids: ids,
      window_budget_ids: ["done/a", "done/a", "done/b", "done/b"],
      window_kinds: ["day", "month", "day", "month"],
      amount: "40",
      bound: "40",
      charge_on_expiry: true,
      provider: label.provider,
      model: "",
      step: label.step,
      agent: label.agent,
      thread: label.thread,
      checkpoint_id: label.checkpointId,
    });
    await ledger.settle(
      "t",
      next.map(({ callId }) => bills(callId, 1n)),
    );
    expect(await ledger.reconcile("t")).toEqual([]);
  });

  test("tells a warning once, and to whom charged it", async () => {
    const id = "warned";
    const call = await open([id]);
    await ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [0.001] });
    const other = ask([id], 10n);
    await desk.decided("t", [], [other]);
    const [first, second] = [call, other].map(({ callId }) => bills(callId, 100n));
    const told = await desk.foreseen("t", [first as Settlement], [ask([id], 10n)]);
    expect(told).toMatchObject({ settled: [{ warnings: [{ share: 0.001, window: { budgetId: id } }] }] });
    const later = await desk.foreseen("t", [second as Settlement], []);
    expect(later).toMatchObject({ settled: [{ code: "settled" }] });
    expect(later).not.toHaveProperty("settled.0.warnings");
  });

  test("leaves a warning that nobody was told of to who settles next", async () => {
    const id = "untold";
    const call = await open([id]);
    await ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [0.001] });
    await desk.decided("t", [], [ask([id], 10n)]);
    await database.query("update wflo.budget_window set spent = 200, next_warning = 100 where id = $1", [id]);
    expect(await desk.foreseen("t", [], [ask([id], 10n)])).toMatchObject({ grants: ["10"] });
    const told = await desk.foreseen("t", [bills(call.callId, 1n)], []);
    expect(told).toMatchObject({ settled: [{ warnings: [{ share: 0.001, window: { budgetId: id } }] }] });
    await database.query("update wflo.budget_window set spent = 1 where id = $1", [id]);
  });

  test("needs no budget, and none with caps", async () => {
    await ledger.setBudget("t", { id: "free", caps: {}, onExpiry: "release", warnAt: [] });
    for (const ids of [[], ["free"]]) {
      await desk.decided("t", [], [ask(ids)]);
      const call = ask(ids, 5n);
      expect(await desk.foreseen("t", [], [call])).toMatchObject({ grants: ["5"], windows: [] });
      const holds = await database.query("select charge_on_expiry from wflo.hold where call_id = $1", [
        call.callId,
      ]);
      expect(holds).toEqual([{ charge_on_expiry: ids.length === 0 }]);
    }
  });

  test("is granted under the epoch that its run has", async () => {
    const { runs } = database.open();
    const runId = randomUUID();
    await runs.create("t", starts(runId));
    const changes = { epoch: 1, label: { provider: "p", model: "m", runId } };
    await open(["of-run"], changes);
    expect(await desk.foreseen("t", [], [ask(["of-run"], 5n, changes)])).toMatchObject({ grants: ["5"] });
  });
});

describe("what is otherwise is not done, and is decided as if nothing had been foreseen", () => {
  interface Otherwise {
    readonly name: string;
    /** What happens meanwhile. `id` is the budget, `held` is open on it, `next` is about to be asked for. */
    readonly happen: (id: string, held: ReserveRequest, next: ReserveRequest) => Promise<unknown>;
    /** The next call's grant, once it is decided; null where the plain function refuses it, or has to look more closely. */
    readonly grant: string | null;
    /** What becomes of the settlement. */
    readonly code?: "settled" | "late" | "unknown" | "none";
    readonly label?: Partial<ReserveRequest["label"]>;
  }

  const set = (id: string, changes: object) =>
    ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [], ...changes });
  const runs = () => database.open().runs;
  const runId = randomUUID();

  test.each<Otherwise>([
    { name: "a budget is paused", happen: (id) => ledger.setPaused("t", id, true), grant: null },
    {
      name: "a budget has one more cap",
      happen: (id) => set(id, { caps: { ...CAPS, total: 105n } }),
      grant: "50",
    },
    { name: "a budget has one cap less", happen: (id) => set(id, { caps: { day: 100n } }), grant: "50" },
    {
      name: "a budget follows another zone",
      happen: (id) => set(id, { timeZone: "Asia/Tokyo" }),
      grant: "50",
    },
    { name: "a budget has a parent", happen: (id) => set(id, { parent: "above" }), grant: null },
    { name: "a budget releases what expires", happen: (id) => set(id, { onExpiry: "release" }), grant: "50" },
    {
      name: "a cap is lower",
      happen: (id) => set(id, { caps: { day: 79n, month: 900_000n } }),
      grant: null,
    },
    {
      name: "others have spent",
      happen: async (id) => {
        const other = asks([id], 99_800n);
        await ledger.reserve(other);
        await ledger.settle("t", [bills(other.callId, 99_800n)]);
      },
      grant: "50",
    },
    {
      name: "the month is over",
      happen: () => setClock("select clock_timestamp() + interval '32 days'"),
      grant: "50",
    },
    {
      name: "the clock is set back by a day",
      happen: () => setClock("select clock_timestamp() - interval '1 day'"),
      grant: "50",
    },
    {
      name: "the call was closed by another process",
      happen: (_, held) => ledger.settle("t", [bills(held.callId, undefined, { kind: "doubt" })]),
      grant: "50",
      code: "late",
    },
    {
      name: "the next call was given up before it came",
      happen: (_, __, next) => ledger.settle("t", [bills(next.callId, 0n, { kind: "void" })]),
      grant: "undone",
    },
    {
      name: "the next call is there already",
      happen: (_, __, next) => ledger.reserve(next),
      grant: "undone",
    },
    {
      name: "the run was taken over",
      happen: () => runs().claim("t", runId, { takeOver: true }),
      grant: null,
      code: "none",
      label: { runId },
    },
    {
      name: "the tenant is gone",
      happen: () => database.open().deleteTenant("t"),
      grant: null,
      code: "unknown",
    },
  ])("$name", async ({ name, happen, grant, code = "settled", label }) => {
    await ledger.setBudget("t", { id: "above", caps: {}, onExpiry: "charge", warnAt: [] });
    if (label !== undefined) await runs().create("t", starts(runId));
    const changes = { epoch: 1, label: { provider: "p", model: "m", ...label } };
    const held = await open([name], changes);
    const next = ask([name], 50n, changes);
    await happen(name, held, next);
    const settlements = code === "none" ? [] : [bills(held.callId, 30n)];
    const before = await ledger.getBudgets("t", [name]);

    const foreseen = desk.foreseen("t", settlements, [next]).catch(({ code: refused }) => refused);
    expect(["otherwise", "WFLO_STORE_UNAVAILABLE"]).toContain(await foreseen);
    expect(await ledger.getBudgets("t", [name])).toEqual(before);
    const holds = await database.query("select from wflo.hold where call_id = $1", [held.callId]);
    expect(holds).toHaveLength(code === "settled" ? 1 : 0);

    const decided = desk.decided("t", settlements, [next]).then(
      ({ settled, grants }) => [settled[0]?.code ?? "none", grants[0]],
      () => ["settled", "undone"],
    );
    expect(await decided).toEqual([code, grant]);
    expect(await ledger.reconcile("t")).toEqual([]);
  });
});

describe("what was told before a change is not taken for what was told after it", () => {
  test.each([
    ["a cap", { caps: { ...CAPS, total: 10_000n } }, []],
    ["a parent", { caps: CAPS, parent: "parent-of-all" }, ["parent-of-all"]],
    ["a zone", { caps: CAPS, timeZone: "Asia/Tokyo" }, []],
  ])("by another set of the same batch: %s", async (id, changes, inherited) => {
    const [one, two] = [`${id}/one`, `${id}/two`];
    for (const each of [one, two, "parent-of-all"])
      await ledger.setBudget("t", { id: each, caps: { total: 1_000_000n }, onExpiry: "charge", warnAt: [] });
    await open([id]);
    await desk.decided("t", [], [ask([id, one])]);
    await ledger.setBudget("t", { id, onExpiry: "charge", warnAt: [], ...changes });
    const told = () => ask([id, two, ...inherited], 1n, { inherited });
    await desk.decided("t", [], [told()]);
    const stale = ask([id, one], 5_000n);
    expect(await desk.foreseen("t", [], [stale, told()])).toBe("unforeseeable");
    expect(await desk.foreseen("t", [], [told()])).toMatchObject({ grants: ["1"] });
    expect(await desk.foreseen("t", [], [stale])).toBe("unforeseeable");
  });

  test("by a call of another epoch of the run, in whatever letters", async () => {
    const { runs } = database.open();
    const runId = "aaaaaaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
    await runs.create("t", starts(runId));
    const of = (epoch: number, id: string) => ({ epoch, label: { provider: "p", model: "m", runId: id } });
    await open(["letters"], of(1, runId));
    await runs.claim("t", runId, { takeOver: true });
    const calls = [
      ask(["letters"], 5n, of(2, runId.toUpperCase())),
      ask(["letters"], 5n, of(1, runId)),
      ask(["letters"], 5n, of(2, runId)),
    ];
    expect(await desk.foreseen("t", [], calls)).toBe("otherwise");
    const verdicts = await Promise.all(calls.map((call) => ledger.reserve(call)));
    expect(verdicts.map(({ code }) => code)).toEqual(["granted", "superseded", "granted"]);
  });
});

test.each(["foreseen", "decided"] as const)(
  "of many windows of a tenant a batch (%s) reads its own alone, though nobody has analyzed the table",
  async (way) => {
    const id = `few/${way}`;
    const call = await open([id]);
    await database.query(
      "insert into wflo.budget_window (tenant, id, kind, start, cap) select 't', $1 || n, 'total', '-infinity', 1 from generate_series(1, 3000) n",
      [`many/${way}/`],
    );
    const read = async () => {
      const [row] = await database.query(
        "select pg_stat_force_next_flush(), pg_stat_clear_snapshot(), idx_tup_fetch::int as fetched from pg_stat_user_tables where relname = 'budget_window'",
      );
      return Number(row?.["fetched"]);
    };
    const settled = await desk[way]("t", [bills(call.callId, 1n)], [ask([id], 1n)]);
    expect(settled).toMatchObject({ grants: ["1"] });
    await desk.driver.query({ text: "select pg_stat_force_next_flush()", params: [] });
    const before = await read();
    expect(await desk[way]("t", [], [ask([id], 1n)])).toMatchObject({ grants: ["1"] });
    await desk.driver.query({ text: "select pg_stat_force_next_flush()", params: [] });
    expect((await read()) - before).toBeLessThan(100);
  },
);

describe("beside others", () => {
  const WAITS =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

  /** A connection of somebody else, within a transaction. */
  async function begun(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    return client;
  }

  async function somebodyWaits(): Promise<void> {
    while ((await database.query(WAITS)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Calls the function within somebody's transaction. */
  async function foreseeOn(client: pg.Client, calls: readonly ReserveRequest[]): Promise<unknown> {
    const args = ["t", ...(desk.batch([], calls)?.args ?? [])];
    const places = args.map((_, at) => `$${at + 1}`).join(", ");
    return (await client.query(`select * from wflo.settle_and_reserve_foreseen(${places})`, args)).rows;
  }

  test("windows that it has waited for are changed as they stand then", async () => {
    const call = await open(["waits/a", "waits/b"]);
    const other = await begun();
    await other.query("update wflo.budget_window set reserved = reserved + 1 where id like 'waits/%'");
    const done = desk.foreseen("t", [bills(call.callId, 4n)], [ask(["waits/a", "waits/b"], 20n)]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toMatchObject({ grants: ["20"] });
    const windows = (await ledger.getBudgets("t", ["waits/a", "waits/b"])).flatMap(
      (budget) => budget.windows,
    );
    await other.query("update wflo.budget_window set reserved = reserved - 1 where id like 'waits/%'");
    expect(windows).toHaveLength(4);
    expect(windows).toMatchObject(windows.map(() => ({ spentNanoUsd: 4n, reservedNanoUsd: 21n })));
  });

  test.each([
    ["a cap", "update wflo.budget_window set cap = 105 where id = $1"],
    ["a budget", "select wflo.set_budget('t', $1, 105, 100000, null, 'charge', '{}', 'UTC', null)"],
  ])("%s that changes while it waits is seen", async (id, sql) => {
    await open([id]);
    const other = await begun();
    await other.query(sql, [id]);
    await other.query("select from wflo.budget_window where id = $1 for update", [id]);
    const done = desk.foreseen("t", [], [ask([id], 20n)]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toBe("otherwise");
    expect(await ledger.reconcile("t")).toEqual([]);
  });

  test("windows are locked by the bytes of their ids", async () => {
    const ids = ["order/\u{1F600}", "order/B", "order/a", "order/\uFF5E"];
    const call = await open(ids);
    for (const [at, id] of ids.entries()) await ledger.reserve(asks([id], BigInt(at)));
    const other = await begun();
    const holdsThird = () =>
      other.query("select from wflo.budget_window where id = $1 for update", ["order/\uFF5E"]);
    const free =
      "select distinct id from (select id from wflo.budget_window where id like 'order/%' for update skip locked) x";
    for (const settlements of [[], [bills(call.callId, 4n)]]) {
      await holdsThird();
      const done = desk.foreseen("t", settlements, [ask(ids, 20n)]);
      await somebodyWaits();
      // Capitals before small letters, and not by UTF-16, in which the face comes before the wave.
      expect((await database.query(free)).map(({ id }) => id)).toEqual(["order/\u{1F600}"]);
      await other.query("rollback");
      const { windows } = (await done) as Became;
      const reserved = (await ledger.getBudgets("t", ids)).flatMap((budget) =>
        budget.windows.map((window) => [budget.id, String(window.reservedNanoUsd)]),
      );
      expect(windows.map((window) => [window.budgetId, window.reserved])).toEqual(
        reserved.toSorted(([a = ""], [b = ""]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      await other.query("begin");
    }
    await other.query("rollback");
  });

  test("a hold stays where it is until the windows are locked: who asks for its call again, with these in hand, need not wait", async () => {
    const call = await open(["asked-again"]);
    const other = await begun();
    await other.query("select from wflo.budget_window where id = 'asked-again' for update");
    const done = desk.foreseen("t", [bills(call.callId, 4n)], []);
    await somebodyWaits();
    await other.query("set local lock_timeout = '500ms'");
    const again = "insert into wflo.hold select h.* from wflo.hold h where h.call_id = $1";
    await expect(other.query(again, [call.callId])).rejects.toMatchObject({ code: "23505" });
    await other.query("rollback");
    expect(await done).toMatchObject({ settled: [{ code: "settled" }] });
  });

  test("holds are locked by their ids, wherever they lie", async () => {
    await open(["holds"]);
    const calls = Array.from({ length: 400 }, () => ask(["holds"], 1n));
    // The later id comes first.
    await desk.decided("t", [], calls.slice(200));
    await desk.decided("t", [], calls.slice(0, 200));
    await database.query("analyze wflo.hold");
    const [first, last] = [calls[10], calls[390]] as [ReserveRequest, ReserveRequest];
    const other = await begun();
    await other.query("select from wflo.hold where call_id = $1 for update", [first.callId]);
    const done = desk.foreseen("t", [bills(last.callId, 1n), bills(first.callId, 1n)], []);
    await somebodyWaits();
    const free = await database.query("select from wflo.hold where call_id = $1 for update skip locked", [
      last.callId,
    ]);
    expect(free).toHaveLength(1);
    await other.query("commit");
    expect(await done).toMatchObject({ settled: [{ code: "settled" }, { code: "settled" }] });
  });

  test("a hold lasts from when it is granted, not from when it was asked for", async () => {
    await open(["lasts"]);
    const call = ask(["lasts"], 20n, { ttlMs: 60_000 });
    const other = await begun();
    await other.query("select from wflo.budget_window where id = 'lasts' for update");
    const done = desk.foreseen("t", [], [call]);
    await somebodyWaits();
    const [{ now } = { now: undefined }] = await database.query("select clock_timestamp() as now");
    await other.query("commit");
    expect(await done).toMatchObject({ grants: ["20"] });
    const holds = await database.query(
      "select expires_at >= $2::timestamptz + interval '60 s' as lasts from wflo.hold where call_id = $1",
      [call.callId, now],
    );
    expect(holds).toEqual([{ lasts: true }]);
  });

  test("a call that is given up while it is being committed holds nothing afterwards", async () => {
    await open(["given-up"]);
    const call = ask(["given-up"], 20n);
    const other = await begun();
    expect(await foreseeOn(other, [call])).toMatchObject([{ answer: expect.any(Array) }]);
    const given = ledger.settle("t", [bills(call.callId, 0n, { kind: "void" })]);
    await somebodyWaits();
    await other.query("commit");
    expect(await given).toMatchObject([{ code: "settled", chargedNanoUsd: 0n }]);
    expect(await ledger.reserve(call)).toEqual({ code: "closed" });
    expect(await ledger.reconcile("t")).toEqual([]);
  });

  test("a call that is given up while it comes is not held", async () => {
    await open(["given-up-first"]);
    const call = ask(["given-up-first"], 20n);
    const other = await begun();
    const settlements = settlementsJson(settlementRows([bills(call.callId, 0n, { kind: "void" })]));
    await other.query("select wflo.settle_all('t', $1)", [settlements]);
    const done = desk.foreseen("t", [], [call]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toBe("otherwise");
    expect(await ledger.reserve(call)).toEqual({ code: "closed" });
  });
});

test("callers that keep a process busy go foreseen, and are told what the plain functions tell once it is otherwise", async () => {
  const seen: string[] = [];
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  onTestFinished(() => pool.end());
  const spied: PgPool = {
    options: pool.options,
    connect: () => pool.connect(),
    on: (event, listener) => pool.on(event, listener),
    removeListener: (event, listener) => pool.removeListener(event, listener),
    end: () => pool.end(),
    query: (query) => {
      seen.push(/wflo\.(\w+)\(/.exec(query.text)?.[1] ?? "");
      return pool.query(query);
    },
  };
  const busy = postgres({ pool: spied }).ledger;
  await ledger.setBudget("t", { id: "busy", caps: CAPS, onExpiry: "charge", warnAt: [] });
  const codes = new Map<string, number>();
  const caller = async (): Promise<void> => {
    for (let round = 0; round < 40; round += 1) {
      const call = ask(["busy"], 10n);
      const { code } = await busy.reserve(call);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === "granted") await busy.settle("t", [bills(call.callId, 3n)]);
      if (codes.get("granted") === 200) await ledger.setPaused("t", "busy", true);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  const foreseen = seen.filter((name) => name === "settle_and_reserve_foreseen_early").length;
  expect(foreseen).toBeGreaterThan(seen.filter((name) => name === "settle_and_reserve_early").length);
  // Those that were under way then.
  expect(codes.get("granted")).toBeLessThan(220);
  expect(codes.get("paused")).toBe(320 - (codes.get("granted") ?? 0));
  const [state] = await ledger.getBudgets("t", ["busy"]);
  const spentNanoUsd = BigInt(codes.get("granted") ?? 0) * 3n;
  expect(state?.windows).toMatchObject([1, 2].map(() => ({ spentNanoUsd, reservedNanoUsd: 0n })));
  expect(await ledger.reconcile("t")).toEqual([]);
});
