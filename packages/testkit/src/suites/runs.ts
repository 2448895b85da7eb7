import { expect } from "vitest";
import type { RunFilter } from "@wflo/core";
import { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

async function listed(desk: CaseDesk, filter: Partial<RunFilter>): Promise<readonly string[]> {
  const rows = await desk.runs.list(desk.tenant, { limit: 100, ...filter });
  return rows.map(({ id }) => id);
}

/** Runs: how they begin, live, end, and are listed. */
export const runsCases: readonly DatabaseCase[] = [
  databaseCase("shows a new run as running in its first epoch", async (desk) => {
    const run = desk.newRun({
      input: '{"question":"why"}',
      budgetIds: ["run/1", "user/42"],
      tags: ["nightly", "eu"],
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      threadId: desk.nextId(),
    });
    expect(await desk.runs.create(desk.tenant, run)).toBe(true);
    const row = await desk.runs.get(desk.tenant, run.id);
    const fresh = { status: "running", stale: false, epoch: 1 };
    expect(row).toMatchObject({ ...run, ...fresh });
    const { endedAt, result, error, forkedFrom } = row ?? {};
    expect([endedAt, result, error, forkedFrom]).toEqual([undefined, undefined, undefined, undefined]);
    const ageMs = (row?.createdAt.getTime() ?? 0) - Date.UTC(2026, 2, 10, 12);
    expect(ageMs >= 0 && ageMs < 60_000, `created at ${row?.createdAt.toISOString()}`).toBe(true);
  }),
  databaseCase("creates a run once", async (desk) => {
    const id = await desk.run({ workflow: "first" });
    const again = desk.newRun({ id, workflow: "second" });
    expect(await desk.runs.create(desk.tenant, again)).toBe(false);
    expect(await desk.runs.get(desk.tenant, id)).toMatchObject({ workflow: "first" });
  }),
  databaseCase("keeps the runs of tenants with the same ids apart", async (desk) => {
    const other = desk.as("globex");
    const id = await desk.run({ workflow: "ours" });
    expect(await other.runs.get(other.tenant, id)).toBeUndefined();
    await other.run({ id, workflow: "theirs" });
    await other.runs.finish(other.tenant, { runId: id, epoch: 1, status: "failed" });
    expect(await desk.runs.get(desk.tenant, id)).toMatchObject({ workflow: "ours", status: "running" });
    expect(await listed(desk, {})).toEqual([id]);
  }),
  databaseCase("lists runs from the newest on, whatever their ids are, page by page", async (desk) => {
    const ascending = Array.from({ length: 5 }, () => desk.nextId());
    const ids = [2, 4, 0, 3, 1].flatMap((at) => ascending.slice(at, at + 1));
    for (const [at, id] of ids.toReversed().entries()) {
      await desk.setElapsed(at * 10);
      await desk.run({ id });
    }
    expect(await listed(desk, { limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await listed(desk, { before: ids[1], limit: 2 })).toEqual(ids.slice(2, 4));
    expect(await listed(desk, { before: ids[3], limit: 2 })).toEqual(ids.slice(4));
    expect(await listed(desk, { before: desk.nextId() })).toEqual([]);
  }),
  databaseCase("lists runs without their inputs and results, which may be large", async (desk) => {
    const id = await desk.run({ input: '"why"', tags: ["eu"] });
    await desk.runs.finish(desk.tenant, { runId: id, epoch: 1, status: "completed", result: '"so"' });
    const [row] = await desk.runs.list(desk.tenant, { limit: 1 });
    expect(row).toMatchObject({ id, status: "completed", tags: ["eu"] });
    const keys = Object.keys(row ?? {});
    expect(keys.filter((key) => ["input", "result"].includes(key))).toEqual([]);
  }),
  databaseCase("filters runs by workflow and status", async (desk) => {
    const running = await desk.run({ workflow: "a" });
    const paused = await desk.run({ workflow: "a" });
    const failed = await desk.run({ workflow: "b" });
    await desk.runs.finish(desk.tenant, { runId: paused, epoch: 1, status: "paused" });
    await desk.runs.finish(desk.tenant, { runId: failed, epoch: 1, status: "failed" });
    expect((await listed(desk, { workflow: "a" })).toSorted()).toEqual([running, paused]);
    expect(await listed(desk, { status: "paused" })).toEqual([paused]);
    expect(await listed(desk, { status: "running" })).toEqual([running]);
    expect(await listed(desk, { status: "failed", workflow: "a" })).toEqual([]);
    expect(await listed(desk, { status: "completed" })).toEqual([]);
  }),
  databaseCase("filters runs by tag, each by the letter", async (desk) => {
    const both = await desk.run({ tags: ["nightly", "eu"], workflow: "a" });
    const one = await desk.run({ tags: ["eu"] });
    await desk.run({ tags: ["eu/west", "EU", "e%", "nightly,eu"] });
    await desk.run();
    expect((await listed(desk, { tag: "eu" })).toSorted()).toEqual([both, one]);
    expect(await listed(desk, { tag: "nightly" })).toEqual([both]);
    expect(await listed(desk, { tag: "eu", workflow: "research" })).toEqual([one]);
    expect(await listed(desk, { tag: "eu", before: one })).toEqual([both]);
    expect(await listed(desk, { tag: "us" })).toEqual([]);
  }),
  databaseCase("lists the runs that were created at a moment or later", async (desk) => {
    const ids: string[] = [];
    for (const seconds of [0, 100, 200]) {
      await desk.setElapsed(seconds);
      ids.push(await desk.run());
    }
    const [, second] = await Promise.all(ids.map((id) => desk.runs.get(desk.tenant, id)));
    const since = (seconds: number) => new Date(CaseDesk.start.getTime() + seconds * 1000);
    expect((await listed(desk, { since: second?.createdAt })).toSorted()).toEqual(ids.slice(1));
    expect((await listed(desk, { since: since(-60) })).toSorted()).toEqual(ids);
    expect(await listed(desk, { since: since(150) })).toEqual(ids.slice(2));
    expect(await listed(desk, { since: since(300) })).toEqual([]);
  }),
  databaseCase("makes the budget of a run together with the run", async (desk) => {
    const id = desk.nextId();
    await desk.run({ budgetIds: [id], ownBudget: { id, totalNanoUsd: 100n } });
    const made = { caps: { total: 100n }, onExpiry: "charge", warnAt: [], paused: false };
    expect(await desk.state(id)).toMatchObject(made);
    expect(await desk.window(id)).toMatchObject({ capNanoUsd: 100n, spentNanoUsd: 0n });
    expect((await desk.reserve(101n, [id])).code).not.toBe("granted");
    await desk.spend(100n, [id]);
  }),
  databaseCase("leaves a budget alone that has the id of a run's own", async (desk) => {
    await desk.budget("run/1", { total: 50n, day: 20n }, { onExpiry: "release", warnAt: [0.5] });
    await desk.spend(10n, ["run/1"]);
    const before = await desk.state("run/1");
    await desk.run({ ownBudget: { id: "run/1", totalNanoUsd: 100n } });
    expect(await desk.state("run/1")).toEqual(before);
  }),
  databaseCase("makes no budget for a run that exists already", async (desk) => {
    const id = await desk.run();
    const again = desk.newRun({ id, ownBudget: { id: "run/1", totalNanoUsd: 100n } });
    expect(await desk.runs.create(desk.tenant, again)).toBe(false);
    expect(await desk.ledger.getBudgets(desk.tenant, ["run/1"])).toEqual([]);
  }),
  databaseCase("creates a run once, with the budget of the one that made it", async (desk) => {
    const id = desk.nextId();
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        const ownBudget = { id: `run/${index}`, totalNanoUsd: 100n };
        return desk.runs.create(desk.tenant, desk.newRun({ id, ownBudget }));
      }),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    const budgets = await desk.ledger.listBudgets(desk.tenant, { limit: 10 });
    expect(budgets.map((budget) => budget.id)).toEqual([`run/${made.indexOf(true)}`]);
  }),
  databaseCase("begins a forked run paused, with where it comes from", async (desk) => {
    const origin = await desk.run();
    const forkedFrom = { runId: origin, checkpointId: "a checkpoint" };
    const runId = await desk.run({ threadId: origin, forkedFrom });
    const row = await desk.runs.get(desk.tenant, runId);
    expect(row).toMatchObject({ status: "paused", epoch: 1, stale: false, threadId: origin, forkedFrom });
    expect(row?.endedAt).toBeUndefined();
    expect(await listed(desk, { status: "paused" })).toEqual([runId]);
    const claim = await desk.runs.claim(desk.tenant, runId, { takeOver: false });
    expect(claim).toMatchObject({ code: "claimed", run: { status: "running", epoch: 2, forkedFrom } });
  }),
  databaseCase("calls a running run stale when its heartbeat stopped", async (desk) => {
    const quiet = await desk.run();
    const beating = await desk.run();
    const paused = await desk.run();
    await desk.runs.finish(desk.tenant, { runId: paused, epoch: 1, status: "paused" });
    await desk.setElapsed(15);
    expect(await desk.runs.heartbeat(desk.tenant, beating, 1)).toBe(true);
    await desk.setElapsed(30);
    expect(await desk.runs.get(desk.tenant, quiet)).toMatchObject({ stale: true, status: "running" });
    expect(await desk.runs.get(desk.tenant, beating)).toMatchObject({ stale: false });
    expect(await listed(desk, { status: "stale" })).toEqual([quiet]);
  }),
  databaseCase("writes how a run ended", async (desk) => {
    const done = await desk.run();
    const broken = await desk.run();
    const end = { runId: done, epoch: 1, status: "completed", result: '"fine"' } as const;
    expect(await desk.runs.finish(desk.tenant, end)).toBe(true);
    await desk.runs.finish(desk.tenant, { runId: broken, epoch: 1, status: "failed", error: '"oh"' });
    const row = await desk.runs.get(desk.tenant, done);
    expect(row).toMatchObject({ status: "completed", result: '"fine"' });
    expect(row?.endedAt).toBeInstanceOf(Date);
    expect(await desk.runs.get(desk.tenant, broken)).toMatchObject({ status: "failed", error: '"oh"' });
  }),
  databaseCase("refuses the end of a run from an epoch it has left", async (desk) => {
    const runId = await desk.run();
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await desk.runs.finish(desk.tenant, { runId, epoch: 1, status: "failed" })).toBe(false);
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ status: "running", epoch: 2 });
  }),
  databaseCase("refuses the heartbeat of an epoch that its run has left", async (desk) => {
    const runId = await desk.run();
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await desk.runs.heartbeat(desk.tenant, runId, 1)).toBe(false);
    expect(await desk.runs.heartbeat(desk.tenant, runId, 2)).toBe(true);
  }),
];
