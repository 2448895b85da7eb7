import { expect } from "vitest";
import { MAX_NANO_USD, type Entry } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const CALLS = 1_000;
const PAGE = 150;

async function spendMany(desk: CaseDesk, count: number): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    const callIds = await Promise.all(Array.from({ length: 50 }, () => desk.hold(1n, ["user"])));
    await desk.ledger.settle(
      desk.tenant,
      callIds.map((callId) => desk.settlement(callId, 1n)),
    );
  }
}

/**
 * All pages; stops after twice as many as there can be, so that a store that repeats itself fails instead of
 * hanging.
 */
async function allEntries(desk: CaseDesk): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let page = 0; page < (2 * CALLS) / PAGE; page += 1) {
    const rows = await desk.entries({ after: entries.at(-1)?.id, limit: PAGE });
    if (rows.length === 0) break;
    entries.push(...rows);
  }
  return entries;
}

/** Lists, pages and filters of the ledger. */
export const ledgerListsCases: readonly DatabaseCase[] = [
  databaseCase("pages through a thousand entries by ascending id, each once", async (desk) => {
    await desk.budget("user", { total: 10_000n });
    await spendMany(desk, CALLS);
    const ids = (await allEntries(desk)).map(({ id }) => id);
    expect(ids).toHaveLength(CALLS);
    expect(new Set(ids).size).toBe(CALLS);
    expect(ids).toEqual(ids.toSorted());
  }),
  databaseCase("shows an entry with all that was said about the call", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.budget("org", { total: 100n });
    const label = {
      runId: desk.nextId(),
      step: "plan",
      agent: "planner",
      checkpointId: "0195f1a0",
      thread: "langgraph/42",
      provider: "openai",
      model: "gpt-test",
    };
    const callId = await desk.hold(50n, ["org", "user"], { label });
    const receipt = { tokens: { input: 12, cached: null }, fees: ["search"], ok: true };
    await desk.settle(callId, 20n, { receipt });
    const [entry] = await desk.entriesOf(callId);
    expect(entry).toMatchObject({
      callId,
      heldNanoUsd: 50n,
      chargedNanoUsd: 20n,
      inDoubt: false,
      label,
      receipt,
    });
    expect(entry?.budgetIds.toSorted()).toEqual(["org", "user"]);
    const ageMs = (entry?.at.getTime() ?? 0) - Date.UTC(2026, 2, 10, 12);
    expect(ageMs >= 0 && ageMs < 60_000, `written at ${entry?.at.toISOString()}`).toBe(true);
  }),
  databaseCase("filters entries by call, run, thread, budget and doubt", async (desk) => {
    await desk.budget("a", { total: 100n });
    await desk.budget("b", { total: 100n });
    const runId = desk.nextId();
    const label = { runId, provider: "openai", model: "gpt-test" };
    const plain = await desk.spend(1n, ["a"]);
    const inRun = await desk.spend(2n, ["b"], { label });
    const inThread = await desk.spend(2n, [], { label: { ...label, runId: desk.nextId(), thread: "t" } });
    const doubtful = await desk.hold(3n, ["a", "b"], { label });
    await desk.settle(doubtful, undefined, { kind: "doubt" });
    const rows = [
      [{ callId: plain }, [plain]],
      [{ runId }, [inRun, doubtful]],
      [{ budgetId: "a" }, [plain, doubtful]],
      [{ budgetId: "b", runId }, [inRun, doubtful]],
      [{ inDoubt: true }, [doubtful]],
      [{ inDoubt: false }, [plain, inRun, inThread]],
      [{ thread: "t" }, [inThread]],
      [{ thread: "t", runId }, []],
      [{ thread: "t'" }, []],
      [{ runId, inDoubt: false }, [inRun]],
      [{ callId: plain, runId }, []],
      [{ limit: 2 }, [plain, inRun]],
    ] as const;
    for (const [filter, wanted] of rows) {
      const found = (await desk.entries(filter)).map(({ callId }) => callId);
      expect(found, JSON.stringify(filter)).toEqual(wanted);
    }
  }),
  databaseCase("gives the budgets that were asked for and exist", async (desk) => {
    await desk.budget("a", { total: 1n });
    await desk.budget("b", { total: 2n });
    await desk.budget("c", { total: 3n });
    const found = await desk.ledger.getBudgets(desk.tenant, ["c", "nobody", "a"]);
    expect(found.map(({ id }) => id).toSorted()).toEqual(["a", "c"]);
  }),
  databaseCase("pages through budgets by ascending id", async (desk) => {
    for (const id of ["d", "b", "a", "c", "e"]) await desk.budget(id, { total: 1n });
    const first = await desk.ledger.listBudgets(desk.tenant, { limit: 2 });
    const second = await desk.ledger.listBudgets(desk.tenant, { after: "b", limit: 2 });
    const last = await desk.ledger.listBudgets(desk.tenant, { after: "d", limit: 2 });
    const pages = [first, second, last].map((page) => page.map(({ id }) => id));
    expect(pages).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  }),
  databaseCase("orders budgets by the bytes of their ids", async (desk) => {
    const ids = ["B", "Z", "a", "a-2", "a/1", "a2", "é", "\uff5e", "😀"];
    for (const id of ids.toReversed()) await desk.budget(id, { total: 1n });
    const listed = await desk.ledger.listBudgets(desk.tenant, { limit: 100 });
    expect(listed.map(({ id }) => id)).toEqual(ids);
  }),
  databaseCase("takes a prefix of budget ids by the letter", async (desk) => {
    const ids = ["user/1", "user/2", "user_3", "userX4", "USER/5", "u%", "other"];
    for (const id of ids) await desk.budget(id, { total: 1n });
    const rows = [
      ["user/", ["user/1", "user/2"]],
      ["user_", ["user_3"]],
      ["u%", ["u%"]],
      ["nobody", []],
    ] as const;
    for (const [prefix, wanted] of rows) {
      const listed = await desk.ledger.listBudgets(desk.tenant, { prefix, limit: 100 });
      expect(
        listed.map(({ id }) => id),
        prefix,
      ).toEqual(wanted);
    }
    const next = await desk.ledger.listBudgets(desk.tenant, { prefix: "user/", after: "user/1", limit: 100 });
    expect(next.map(({ id }) => id)).toEqual(["user/2"]);
  }),
  databaseCase("lists budgets as each is shown alone, with spent, reserved and reset", async (desk) => {
    await desk.budget("a", { total: 100n, day: 80n, month: 90n }, { warnAt: [0.5, 0.8] });
    await desk.budget("b", { day: 70n, month: 60n }, { timeZone: "Asia/Tokyo", onExpiry: "release" });
    await desk.budget("c", { month: 50n }, { timeZone: "Europe/Paris" });
    await desk.budget("d", { total: 40n });
    await desk.spend(30n, ["a", "b", "c"]);
    await desk.settle(await desk.hold(5n, ["a", "b"]), 9n);
    await desk.setNow("2026-03-10T15:05Z");
    await desk.hold(7n, ["a", "b", "d"]);
    await desk.ledger.raiseCap(desk.tenant, "b", "day", 75n);
    await desk.ledger.setPaused(desk.tenant, "c", true);
    const listed = await desk.ledger.listBudgets(desk.tenant, { limit: 10 });
    expect(listed).toEqual(await desk.ledger.getBudgets(desk.tenant, ["a", "b", "c", "d"]));
    const told = listed.map(({ windows }) =>
      windows.map((window) => [window.window, window.spentNanoUsd, window.reservedNanoUsd]),
    );
    expect(told).toEqual([
      [
        ["total", 39n, 7n],
        ["day", 39n, 7n],
        ["month", 39n, 7n],
      ],
      [
        ["day", 0n, 7n],
        ["month", 39n, 7n],
      ],
      [["month", 30n, 0n]],
      [["total", 0n, 7n]],
    ]);
    const tomorrow = [new Date("2026-03-11T00:00Z"), new Date("2026-03-11T15:00Z")];
    expect([listed[0]?.windows[1]?.resetsAt, listed[1]?.windows[0]?.resetsAt]).toEqual(tomorrow);
  }),
  databaseCase("lists amounts of any size to the last nano-dollar", async (desk) => {
    const [large, spent] = [MAX_NANO_USD - 2n, 2n ** 60n + 1n];
    await desk.budget("a", { total: large, month: large });
    await desk.spend(spent, ["a"]);
    const [listed] = await desk.ledger.listBudgets(desk.tenant, { limit: 10 });
    expect(listed?.caps).toEqual({ total: large, month: large });
    const amounts = listed?.windows.map(({ capNanoUsd, spentNanoUsd }) => [capNanoUsd, spentNanoUsd]);
    expect(amounts).toEqual([
      [large, spent],
      [large, spent],
    ]);
  }),
  databaseCase(
    "lists a budget that has moved to another zone with the windows of that zone",
    async (desk) => {
      await desk.setNow("2026-03-10T12:00Z");
      for (const id of ["moved", "stays"]) await desk.budget(id, { day: 100n }, { timeZone: "UTC" });
      await desk.budget("there", { day: 100n }, { timeZone: "Asia/Tokyo" });
      await desk.spend(30n, ["moved", "stays", "there"]);
      await desk.budget("moved", { day: 100n }, { timeZone: "Asia/Tokyo" });
      await desk.spend(5n, ["moved"]);
      const listed = await desk.ledger.listBudgets(desk.tenant, { limit: 10 });
      expect(listed).toEqual(await desk.ledger.getBudgets(desk.tenant, ["moved", "stays", "there"]));
      expect(listed.map(({ windows }) => windows[0]?.spentNanoUsd)).toEqual([5n, 30n, 30n]);
    },
  ),
  databaseCase("answers empty lists with empty lists", async (desk) => {
    const { ledger, tenant } = desk;
    expect(await ledger.getBudgets(tenant, [])).toEqual([]);
    expect(await ledger.listBudgets(tenant, { limit: 10 })).toEqual([]);
    expect(await ledger.listDefaults(tenant, { limit: 10 })).toEqual([]);
    expect(await ledger.settle(tenant, [])).toEqual([]);
    expect(await ledger.renew(tenant, [], 60_000)).toBeUndefined();
    expect(await ledger.expire(10)).toBe(0);
    expect(await desk.entries()).toEqual([]);
    expect(await ledger.reconcile(tenant)).toEqual([]);
    expect(await desk.runs.list(tenant, { limit: 10 })).toEqual([]);
    expect(await desk.database.checkpoints.list(tenant, { limit: 10 })).toEqual([]);
  }),
  databaseCase("answers ids that nobody has without an error", async (desk) => {
    const { ledger, runs, tenant } = desk;
    const nobody = desk.nextId();
    expect(await ledger.getBudgets(tenant, [nobody])).toEqual([]);
    expect(await ledger.setPaused(tenant, nobody, true)).toBe(false);
    expect(await ledger.removeDefault(tenant, nobody)).toBe(false);
    expect(await ledger.createFromDefault(tenant, nobody)).toBeUndefined();
    expect(await ledger.renew(tenant, [nobody], 60_000)).toBeUndefined();
    expect(await desk.entriesOf(nobody)).toEqual([]);
    expect(await desk.entries({ runId: nobody })).toEqual([]);
    expect(await desk.entries({ budgetId: nobody })).toEqual([]);
    expect(await ledger.costs(tenant, nobody)).toEqual([]);
    expect(await runs.get(tenant, nobody)).toBeUndefined();
    expect(await runs.steps(tenant, nobody)).toEqual([]);
    expect(await runs.heartbeat(tenant, nobody, 1)).toBe(false);
    expect(await runs.finish(tenant, { runId: nobody, epoch: 1, status: "failed" })).toBe(false);
  }),
];
