import { randomUUID } from "node:crypto";
import type { Settlement } from "@wflo/core";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PgPool } from "../src/pg-pool.ts";
import { postgres } from "../src/postgres.ts";
import { bills, starts } from "./support/samples.ts";
import { ask, CAPS, useForeseen } from "./support/use-foreseen.ts";

const here = useForeseen();

describe("what is as it was foreseen", () => {
  test("is done in one statement: holds closed, others opened, entries and windows as the plain functions write them", async () => {
    const ids = ["done/a", "done/b"];
    const call = await here.open(ids);
    const label = { provider: 'p"{\\', model: "", step: "a, b", agent: "()", thread: " ", checkpointId: "ü" };
    const next = [ask(ids, 40n, { label }), ask(["done/b"], 50n)];
    await here.desk.decided("t", [], [ask(["done/b"], 0n)]);
    const receipt = { usage: { inputTokens: 7 }, latencyMs: 3, text: '"\\{},\u{1F600}' };
    const found = await here.desk.foreseen("t", [bills(call.callId, 130n, { receipt })], next);
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
    const [entry] = await here.database.query("select * from wflo.entry where call_id = $1", [call.callId]);
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
    const [hold] = await here.database.query("select * from wflo.hold where call_id = $1", [next[0]?.callId]);
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
    await here.ledger.settle(
      "t",
      next.map(({ callId }) => bills(callId, 1n)),
    );
    expect(await here.ledger.reconcile("t")).toEqual([]);
  });

  test.each([
    ["a word that means something", "null"],
    ["quotes, brackets and backslashes", `'; -- "\\\`$1 {a,"b"} (c),,\\\\"" %_{}`],
    ["spaces of all kinds", " \u0085 \u00A0\u2028\u3000\uFEFF "],
    ["signs of many letters", "👩‍🚀 e\u0301 \u202E\uFFFF ü"],
    ["a thousand bytes", "long text ".repeat(100)],
  ])("writes any text as the plain function does: %s", async (_, text) => {
    const label = { provider: text, model: text, step: text, agent: text, thread: text, checkpointId: text };
    const ids = [text, "beside"];
    await here.open(ids);
    const [alone, together] = [ask(ids, 7n, { label }), ask(ids, 7n, { label })];
    await here.ledger.reserve(alone);
    const found = await here.desk.foreseen("t", [], [together]);
    expect(found).toMatchObject({ grants: ["7"] });
    const written = async (callId: string) =>
      (
        await here.database.query(
          "select to_jsonb(h) - 'call_id' - 'expires_at' as hold from wflo.hold h where call_id = $1",
          [callId],
        )
      ).map(({ hold }) => hold);
    expect(await written(together.callId)).toEqual(await written(alone.callId));
    expect(await written(together.callId)).toMatchObject([{ provider: text, budget_ids: ids }]);
  });

  test("tells a warning once, and to whom charged it", async () => {
    const id = "warned";
    const call = await here.open([id]);
    await here.ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [0.001] });
    const other = ask([id], 10n);
    await here.desk.decided("t", [], [other]);
    const [first, second] = [call, other].map(({ callId }) => bills(callId, 100n));
    const told = await here.desk.foreseen("t", [first as Settlement], [ask([id], 10n)]);
    expect(told).toMatchObject({ settled: [{ warnings: [{ share: 0.001, window: { budgetId: id } }] }] });
    const later = await here.desk.foreseen("t", [second as Settlement], []);
    expect(later).toMatchObject({ settled: [{ code: "settled" }] });
    expect(later).not.toHaveProperty("settled.0.warnings");
  });

  test("leaves a warning that nobody was told of to who settles next", async () => {
    const id = "untold";
    const call = await here.open([id]);
    await here.ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [0.001] });
    await here.desk.decided("t", [], [ask([id], 10n)]);
    await here.database.query("update wflo.budget_window set spent = 200, next_warning = 100 where id = $1", [
      id,
    ]);
    expect(await here.desk.foreseen("t", [], [ask([id], 10n)])).toMatchObject({ grants: ["10"] });
    const told = await here.desk.foreseen("t", [bills(call.callId, 1n)], []);
    expect(told).toMatchObject({ settled: [{ warnings: [{ share: 0.001, window: { budgetId: id } }] }] });
    await here.database.query("update wflo.budget_window set spent = 1 where id = $1", [id]);
  });

  test("needs no budget, and none with caps", async () => {
    await here.ledger.setBudget("t", { id: "free", caps: {}, onExpiry: "release", warnAt: [] });
    for (const ids of [[], ["free"]]) {
      await here.desk.decided("t", [], [ask(ids)]);
      const call = ask(ids, 5n);
      expect(await here.desk.foreseen("t", [], [call])).toMatchObject({ grants: ["5"], windows: [] });
      const holds = await here.database.query("select charge_on_expiry from wflo.hold where call_id = $1", [
        call.callId,
      ]);
      expect(holds).toEqual([{ charge_on_expiry: ids.length === 0 }]);
    }
  });

  test("is granted under the epoch that its run has", async () => {
    const { runs } = here.database.open();
    const runId = randomUUID();
    await runs.create("t", starts(runId));
    const changes = { epoch: 1, label: { provider: "p", model: "m", runId } };
    await here.open(["of-run"], changes);
    expect(await here.desk.foreseen("t", [], [ask(["of-run"], 5n, changes)])).toMatchObject({
      grants: ["5"],
    });
  });
});

test.each(["foreseen", "decided"] as const)(
  "of many windows of a tenant a batch (%s) reads its own alone, though nobody has analyzed the table",
  async (way) => {
    const id = `few/${way}`;
    const call = await here.open([id]);
    await here.database.query(
      "insert into wflo.budget_window (tenant, id, kind, start, cap) select 't', $1 || n, 'total', '-infinity', 1 from generate_series(1, 3000) n",
      [`many/${way}/`],
    );
    const read = async () => {
      const [row] = await here.database.query(
        "select pg_stat_force_next_flush(), pg_stat_clear_snapshot(), idx_tup_fetch::int as fetched from pg_stat_user_tables where relname = 'budget_window'",
      );
      return Number(row?.["fetched"]);
    };
    const settled = await here.desk[way]("t", [bills(call.callId, 1n)], [ask([id], 1n)]);
    expect(settled).toMatchObject({ grants: ["1"] });
    await here.desk.driver.query({ text: "select pg_stat_force_next_flush()", params: [] });
    const before = await read();
    expect(await here.desk[way]("t", [], [ask([id], 1n)])).toMatchObject({ grants: ["1"] });
    await here.desk.driver.query({ text: "select pg_stat_force_next_flush()", params: [] });
    expect((await read()) - before).toBeLessThan(100);
  },
);

test("callers that keep a process busy go foreseen, and are told what the plain functions tell once it is otherwise", async () => {
  const seen: string[] = [];
  const pool = new pg.Pool({ connectionString: here.database.url, max: 4 });
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
  await here.ledger.setBudget("t", { id: "busy", caps: CAPS, onExpiry: "charge", warnAt: [] });
  const codes = new Map<string, number>();
  const caller = async (): Promise<void> => {
    for (let round = 0; round < 40; round += 1) {
      const call = ask(["busy"], 10n);
      const { code } = await busy.reserve(call);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === "granted") await busy.settle("t", [bills(call.callId, 3n)]);
      if (codes.get("granted") === 200) await here.ledger.setPaused("t", "busy", true);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  const foreseen = seen.filter((name) => name === "settle_and_reserve_foreseen_early").length;
  expect(foreseen).toBeGreaterThan(seen.filter((name) => name === "settle_and_reserve_early").length);
  // Those that were under way then.
  expect(codes.get("granted")).toBeLessThan(220);
  expect(codes.get("paused")).toBe(320 - (codes.get("granted") ?? 0));
  const [state] = await here.ledger.getBudgets("t", ["busy"]);
  const spentNanoUsd = BigInt(codes.get("granted") ?? 0) * 3n;
  expect(state?.windows).toMatchObject([1, 2].map(() => ({ spentNanoUsd, reservedNanoUsd: 0n })));
  expect(await here.ledger.reconcile("t")).toEqual([]);
});
