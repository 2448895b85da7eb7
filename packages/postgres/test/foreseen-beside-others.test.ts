import type { ReserveRequest } from "@wflo/core";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import type { Became } from "./support/foreseen-desk.ts";
import { asks, bills } from "./support/samples.ts";
import { ask, useForeseen } from "./support/use-foreseen.ts";

const here = useForeseen();

describe("beside others", () => {
  const WAITS =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

  /** A connection of somebody else, within a transaction. */
  async function begun(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: here.database.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    return client;
  }

  async function somebodyWaits(): Promise<void> {
    while ((await here.database.query(WAITS)).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Calls the function within somebody's transaction. */
  async function foreseeOn(client: pg.Client, calls: readonly ReserveRequest[]): Promise<unknown> {
    const args = ["t", ...(here.desk.batch([], calls)?.args ?? [])];
    const places = args.map((_, at) => `$${at + 1}`).join(", ");
    return (await client.query(`select * from wflo.settle_and_reserve_foreseen(${places})`, args)).rows;
  }

  test("windows that it has waited for are changed as they stand then", async () => {
    const call = await here.open(["waits/a", "waits/b"]);
    const other = await begun();
    await other.query("update wflo.budget_window set reserved = reserved + 1 where id like 'waits/%'");
    const done = here.desk.foreseen("t", [bills(call.callId, 4n)], [ask(["waits/a", "waits/b"], 20n)]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toMatchObject({ grants: ["20"] });
    const windows = (await here.ledger.getBudgets("t", ["waits/a", "waits/b"])).flatMap(
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
    await here.open([id]);
    const other = await begun();
    await other.query(sql, [id]);
    await other.query("select from wflo.budget_window where id = $1 for update", [id]);
    const done = here.desk.foreseen("t", [], [ask([id], 20n)]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toBe("otherwise");
    expect(await here.ledger.reconcile("t")).toEqual([]);
  });

  test("windows are locked by the bytes of their ids", async () => {
    const ids = ["order/\u{1F600}", "order/B", "order/a", "order/\uFF5E"];
    const call = await here.open(ids);
    for (const [at, id] of ids.entries()) await here.ledger.reserve(asks([id], BigInt(at)));
    const other = await begun();
    const holdsThird = () =>
      other.query("select from wflo.budget_window where id = $1 for update", ["order/\uFF5E"]);
    const free =
      "select distinct id from (select id from wflo.budget_window where id like 'order/%' for update skip locked) x";
    for (const settlements of [[], [bills(call.callId, 4n)]]) {
      await holdsThird();
      const done = here.desk.foreseen("t", settlements, [ask(ids, 20n)]);
      await somebodyWaits();
      // Capitals before small letters, and not by UTF-16, in which the face comes before the wave.
      expect((await here.database.query(free)).map(({ id }) => id)).toEqual(["order/\u{1F600}"]);
      await other.query("rollback");
      const { windows } = (await done) as Became;
      const reserved = (await here.ledger.getBudgets("t", ids)).flatMap((budget) =>
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
    const call = await here.open(["asked-again"]);
    const other = await begun();
    await other.query("select from wflo.budget_window where id = 'asked-again' for update");
    const done = here.desk.foreseen("t", [bills(call.callId, 4n)], []);
    await somebodyWaits();
    await other.query("set local lock_timeout = '500ms'");
    const again = "insert into wflo.hold select h.* from wflo.hold h where h.call_id = $1";
    await expect(other.query(again, [call.callId])).rejects.toMatchObject({ code: "23505" });
    await other.query("rollback");
    expect(await done).toMatchObject({ settled: [{ code: "settled" }] });
  });

  test("holds are locked by their ids, wherever they lie", async () => {
    await here.open(["holds"]);
    const calls = Array.from({ length: 400 }, () => ask(["holds"], 1n));
    // The later id comes first.
    await here.desk.decided("t", [], calls.slice(200));
    await here.desk.decided("t", [], calls.slice(0, 200));
    await here.database.query("analyze wflo.hold");
    const [first, last] = [calls[10], calls[390]] as [ReserveRequest, ReserveRequest];
    const other = await begun();
    await other.query("select from wflo.hold where call_id = $1 for update", [first.callId]);
    const done = here.desk.foreseen("t", [bills(last.callId, 1n), bills(first.callId, 1n)], []);
    await somebodyWaits();
    const free = await here.database.query(
      "select from wflo.hold where call_id = $1 for update skip locked",
      [last.callId],
    );
    expect(free).toHaveLength(1);
    await other.query("commit");
    expect(await done).toMatchObject({ settled: [{ code: "settled" }, { code: "settled" }] });
  });

  test("a hold lasts from when it is granted, not from when it was asked for", async () => {
    await here.open(["lasts"]);
    const call = ask(["lasts"], 20n, { ttlMs: 60_000 });
    const other = await begun();
    await other.query("select from wflo.budget_window where id = 'lasts' for update");
    const done = here.desk.foreseen("t", [], [call]);
    await somebodyWaits();
    const [{ now } = { now: undefined }] = await here.database.query("select clock_timestamp() as now");
    await other.query("commit");
    expect(await done).toMatchObject({ grants: ["20"] });
    const holds = await here.database.query(
      "select expires_at >= $2::timestamptz + interval '60 s' as lasts from wflo.hold where call_id = $1",
      [call.callId, now],
    );
    expect(holds).toEqual([{ lasts: true }]);
  });

  test("a call that is given up while it is being committed holds nothing afterwards", async () => {
    await here.open(["given-up"]);
    const call = ask(["given-up"], 20n);
    const other = await begun();
    expect(await foreseeOn(other, [call])).toMatchObject([{ answer: expect.any(Array) }]);
    const given = here.ledger.settle("t", [bills(call.callId, 0n, { kind: "void" })]);
    await somebodyWaits();
    await other.query("commit");
    expect(await given).toMatchObject([{ code: "settled", chargedNanoUsd: 0n }]);
    expect(await here.ledger.reserve(call)).toEqual({ code: "closed" });
    expect(await here.ledger.reconcile("t")).toEqual([]);
  });

  test("a call that is given up while it comes is not held", async () => {
    await here.open(["given-up-first"]);
    const call = ask(["given-up-first"], 20n);
    const other = await begun();
    const settlements = settlementsJson(settlementRows([bills(call.callId, 0n, { kind: "void" })]));
    await other.query("select wflo.settle_all('t', $1)", [settlements]);
    const done = here.desk.foreseen("t", [], [call]);
    await somebodyWaits();
    await other.query("commit");
    expect(await done).toBe("otherwise");
    expect(await here.ledger.reserve(call)).toEqual({ code: "closed" });
  });
});
