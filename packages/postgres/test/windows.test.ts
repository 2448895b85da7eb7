import { beforeEach, expect, test } from "vitest";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import { asks, bills, newId } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
const MAX = 9_223_372_036_854_775_807n;

async function setClock(at: string): Promise<void> {
  await files.query(
    `create or replace function wflo.now() returns timestamptz language sql volatile as $$ select '${at}'::timestamptz $$`,
  );
}

beforeEach(() => setClock("2026-02-28T23:59:59Z"));

test("settles a call in the day it was held in, after midnight", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", {
    id: "night",
    caps: { day: 100n, month: 1_000n },
    onExpiry: "charge",
    warnAt: [],
  });
  const evening = asks(["night"], 40n);
  expect((await ledger.reserve(evening)).code).toBe("granted");
  await setClock("2026-03-01T00:00:01Z");
  const morning = await ledger.reserve(asks(["night"], 100n));
  expect(morning.code).toBe("granted");
  await ledger.settle("t", [bills(evening.callId, 30n)]);
  const [state] = await ledger.getBudgets("t", ["night"]);
  expect(
    state?.windows.map(({ window, startsAt, resetsAt, spentNanoUsd, reservedNanoUsd }) => [
      window,
      startsAt?.toISOString(),
      resetsAt?.toISOString(),
      spentNanoUsd,
      reservedNanoUsd,
    ]),
  ).toEqual([
    ["day", "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z", 0n, 100n],
    ["month", "2026-03-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z", 0n, 100n],
  ]);
  const rows = await files.query(
    "select kind, spent, reserved from wflo.budget_window where id = 'night' and start < '2026-03-01' order by kind",
  );
  expect(rows).toEqual([
    { kind: "day", spent: "30", reserved: "0" },
    { kind: "month", spent: "30", reserved: "0" },
  ]);
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("a clock that jumps ahead and back loses no money: windows go on where they were, and expired calls are corrected", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", { id: "jump", caps: { day: 100n }, onExpiry: "charge", warnAt: [] });
  const dayOf = async () => {
    const [window] = (await ledger.getBudgets("t", ["jump"]))[0]?.windows ?? [];
    return [window?.startsAt?.toISOString().slice(0, 10), window?.spentNanoUsd, window?.reservedNanoUsd];
  };
  const [before, open] = [asks(["jump"], 40n), asks(["jump"], 20n)];
  for (const call of [before, open]) expect((await ledger.reserve(call)).code).toBe("granted");
  await ledger.settle("t", [bills(before.callId, 30n)]);

  await setClock("2026-03-03T12:00:00Z");
  const ahead = asks(["jump"], 90n);
  expect((await ledger.reserve(ahead)).code).toBe("granted");
  expect(await ledger.expire(10)).toBeGreaterThan(0);
  expect(await dayOf()).toEqual(["2026-03-03", 0n, 90n]);

  await setClock("2026-02-28T23:59:58Z");
  expect(await dayOf()).toEqual(["2026-02-28", 50n, 0n]);
  expect((await ledger.reserve(asks(["jump"], 51n))).code).toBe("exhausted");
  const late = await ledger.settle("t", [bills(open.callId, 5n), bills(ahead.callId, 80n)]);
  expect(late.map(({ code }) => code)).toEqual(["late", "settled"]);
  expect(await dayOf()).toEqual(["2026-02-28", 35n, 0n]);
  await setClock("2026-03-03T12:00:01Z");
  expect(await dayOf()).toEqual(["2026-03-03", 80n, 0n]);
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("counts days in UTC, whatever the session's time zone", async () => {
  const rows = await files.query(
    "select set_config('TimeZone', 'America/New_York', false), wflo.window_start('day', '2026-03-08T12:00:00Z', 'UTC')::text as start, " +
      "wflo.window_end('day', '2026-03-08T00:00:00Z', 'UTC') = '2026-03-09T00:00:00Z' as ends_well",
  );
  await files.query("set TimeZone = 'UTC'");
  expect(rows[0]?.["ends_well"]).toBe(true);
});

test("brings a new cap to the open windows and leaves what is spent", async () => {
  const { ledger } = files.open();
  const caps = { day: 100n, total: 500n };
  await ledger.setBudget("t", { id: "capped", caps, onExpiry: "charge", warnAt: [] });
  const call = asks(["capped"], 60n);
  await ledger.reserve(call);
  await ledger.settle("t", [bills(call.callId, 60n)]);
  const changed = await ledger.setBudget("t", {
    id: "capped",
    caps: { day: 50n },
    onExpiry: "release",
    warnAt: [0.5],
  });
  expect(changed).toMatchObject({
    caps: { day: 50n },
    windows: [{ window: "day", capNanoUsd: 50n, spentNanoUsd: 60n }],
  });
  expect((await ledger.reserve(asks(["capped"], 0n, { boundNanoUsd: 1n, needNanoUsd: 1n }))).code).toBe(
    "exhausted",
  );
});

test("raises a day's cap for the open day only, a total for good, and never lowers", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", {
    id: "raised",
    caps: { day: 10n, total: 10n },
    onExpiry: "charge",
    warnAt: [],
  });
  await ledger.raiseCap("t", "raised", "day", 30n);
  await ledger.raiseCap("t", "raised", "day", 20n);
  const state = await ledger.raiseCap("t", "raised", "total", 40n);
  expect(state?.caps).toEqual({ day: 10n, total: 40n });
  expect(state?.windows.map((window) => window.capNanoUsd)).toEqual([40n, 30n]);
  expect(await ledger.raiseCap("t", "raised", "month", 1n)).toBeUndefined();
  expect(await ledger.raiseCap("t", "nobody", "day", 1n)).toBeUndefined();
  await setClock("2026-03-01T00:00:00Z");
  expect((await ledger.getBudgets("t", ["raised"]))[0]?.windows.map((window) => window.capNanoUsd)).toEqual([
    40n,
    10n,
  ]);
});

test("answers for the id before it looks at the money", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", { id: "tight", caps: { total: 10n }, onExpiry: "charge", warnAt: [] });
  const open = asks(["tight"], 5n);
  const closed = asks(["tight"], 5n);
  await ledger.reserve(open);
  await ledger.reserve(closed);
  await ledger.settle("t", [bills(closed.callId, 5n)]);
  await ledger.setPaused("t", "tight", true);
  expect(await ledger.reserve(open)).toEqual({ code: "replay", amountNanoUsd: 5n });
  expect(await ledger.reserve({ ...open, boundNanoUsd: 6n })).toEqual({ code: "conflict", field: "amount" });
  expect(await ledger.reserve({ ...open, budgetIds: ["other"] })).toEqual({
    code: "conflict",
    field: "budgets",
  });
  expect(await ledger.reserve(closed)).toEqual({ code: "closed" });
});

test("takes amounts as large as an int8 and keeps its books", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", { id: "huge", caps: { total: MAX }, onExpiry: "charge", warnAt: [] });
  const calls = [asks(["huge"], MAX), asks(["huge"], 5n), asks([], MAX)];
  const verdicts = [];
  for (const call of calls) verdicts.push((await ledger.reserve(call)).code);
  expect(verdicts).toEqual(["granted", "held", "granted"]);
  await ledger.settle(
    "t",
    calls.map((call) => bills(call.callId, MAX)),
  );
  expect((await ledger.reserve(asks(["huge"], 1n))).code).toBe("exhausted");
  await ledger.setBudget("t", { id: "huge", caps: { total: 0n }, onExpiry: "charge", warnAt: [] });
  expect((await ledger.reserve(asks(["huge"], MAX))).code).toBe("exhausted");
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("keeps a sum past int8 at the largest amount", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t2", { id: "past", caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
  const calls = [asks(["past"], 10n, { tenant: "t2" }), asks(["past"], 10n, { tenant: "t2" })];
  for (const call of calls) await ledger.reserve(call);
  const verdicts = await ledger.settle(
    "t2",
    calls.map((call) => bills(call.callId, MAX)),
  );
  expect(verdicts.map((verdict) => verdict.overrunNanoUsd)).toEqual([MAX - 10n, MAX - 10n]);
  expect((await ledger.getBudgets("t2", ["past"]))[0]?.windows[0]?.spentNanoUsd).toBe(MAX);
  expect(await ledger.reconcile("t2")).toEqual([]);
});

test("settles whatever a receipt or a label holds", async () => {
  const { ledger } = files.open();
  const cyclic: Record<string, unknown> = { text: "\u0000 \ud800", big: 5n, bad: new Date(NaN), deep: {} };
  const nested = Array.from({ length: 5_000 }).reduce<unknown>((inner) => [inner], "x");
  const label = { provider: "p\u0000", model: "\udfff", step: "\u0000", agent: "a" };
  const calls = Array.from({ length: 4 }, () => asks([], 1n, { label }));
  for (const call of calls) await ledger.reserve(call);
  const loop: Record<string, unknown> = {};
  loop["loop"] = loop;
  const receipts = [cyclic, loop, { nested }, { long: "x".repeat(2_000_000) }];
  const verdicts = await ledger.settle(
    "t",
    calls.map((call, index) => bills(call.callId, 1n, { receipt: receipts[index] ?? {} })),
  );
  expect(verdicts.map((verdict) => verdict.code)).toEqual(["settled", "settled", "settled", "settled"]);
  const [entry] = await ledger.listEntries("t", { callId: calls[0]?.callId, limit: 1 });
  expect(entry).toMatchObject({
    receipt: { text: "\uFFFD \uFFFD", big: "5" },
    label: { provider: "p\uFFFD", step: "\uFFFD" },
  });
});

test("finds the calls of a thread by its index, and by the last letter of its name", async () => {
  const { ledger } = files.open();
  const long = "thread/".repeat(600);
  const threads = [`${long}1`, `${long}2`, long, "thread/"];
  const calls = threads.map((thread) => asks([], 1n, { label: { thread, provider: "p", model: "m" } }));
  for (const call of calls) await ledger.reserve(call);
  await ledger.settle(
    "t",
    calls.map(({ callId }) => bills(callId, 1n)),
  );
  for (const { callId, label } of calls) {
    const found = await ledger.listEntries("t", { thread: label.thread, limit: 10 });
    expect(found.map((entry) => entry.callId)).toEqual([callId]);
  }
  const plan = await files.query(
    "explain select id from wflo.entry where tenant = 't' and left(thread, 200) = left('thread/', 200) and thread = 'thread/' order by id limit 10",
  );
  expect(JSON.stringify(plan)).toContain("entry_thread");
});

test("settles a batch in the order given, one delta for each window", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", { id: "batch", caps: { total: 1_000n }, onExpiry: "charge", warnAt: [] });
  const [a, b] = [asks(["batch"], 100n), asks(["batch"], 100n)];
  await ledger.reserve(a);
  await ledger.reserve(b);
  const late = bills(b.callId, 40n);
  const verdicts = await ledger.settle("t", [
    bills(b.callId, undefined, { kind: "doubt" }),
    bills(a.callId, 10n),
    late,
    bills(a.callId, 10n),
    bills(a.callId, 11n),
    late,
    bills(newId(), 1n),
    bills("no uuid", 1n),
  ]);
  expect(verdicts.map(({ code, chargedNanoUsd }) => [code, chargedNanoUsd])).toEqual([
    ["settled", 100n],
    ["settled", 10n],
    ["late", 40n],
    ["replay", 10n],
    ["conflict", 10n],
    ["replay", 40n],
    ["unknown", 0n],
    ["unknown", 0n],
  ]);
  expect((await ledger.getBudgets("t", ["batch"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 50n,
    reservedNanoUsd: 0n,
  });
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("waits for the disk unless every bill of the settle is within its hold", async () => {
  const { ledger } = files.open();
  const settle = async (cost: bigint): Promise<unknown> => {
    const call = asks([], 10n);
    await ledger.reserve(call);
    await files.query("begin");
    await files.query("select wflo.settle('t', $1::jsonb)", [
      settlementsJson(settlementRows([bills(call.callId, cost)])),
    ]);
    const [row] = await files.query("select current_setting('synchronous_commit') as setting");
    await files.query("commit");
    return row?.["setting"];
  };
  expect(await settle(10n)).toBe("off");
  expect(await settle(11n)).toBe("on");
});
