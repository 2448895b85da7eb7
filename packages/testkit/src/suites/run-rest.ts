import { expect } from "vitest";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const AT_REST = { takeOver: false, atRest: true } as const;

/** A run whose first execution ended so. */
async function endedRun(
  desk: CaseDesk,
  end: {
    readonly status: "paused" | "failed" | "completed";
    readonly result?: string;
    readonly error?: string;
  },
): Promise<string> {
  const runId = await desk.run();
  expect(await desk.runs.finish(desk.tenant, { runId, epoch: 1, ...end })).toBe(true);
  return runId;
}

/** Runs that are taken to be worked on, and not to be executed. */
export const runRestCases: readonly DatabaseCase[] = [
  databaseCase("changes nothing but the epoch of a run that is claimed at rest", async (desk) => {
    const runIds = [
      await endedRun(desk, { status: "paused" }),
      await endedRun(desk, { status: "failed", error: '"no money"' }),
      await desk.run({ tags: ["stale"] }),
    ];
    await desk.setElapsed(30);
    for (const runId of runIds) {
      const before = await desk.runs.get(desk.tenant, runId);
      expect((await desk.runs.claim(desk.tenant, runId, AT_REST)).code).toBe("claimed");
      expect(await desk.runs.get(desk.tenant, runId)).toEqual({ ...before, epoch: 2 });
    }
  }),
  databaseCase("shows a run that is claimed at rest with the end that it had", async (desk) => {
    const failed = await endedRun(desk, { status: "failed", result: '"half"', error: '"no money"' });
    const stale = await desk.run();
    await desk.setElapsed(30);
    for (const runId of [failed, stale]) {
      const verdict = await desk.runs.claim(desk.tenant, runId, AT_REST);
      expect(verdict.code === "claimed" && verdict.run).toEqual(await desk.runs.get(desk.tenant, runId));
    }
  }),
  databaseCase(
    "hands out a completed run at rest, and completed it stays until it ends anew",
    async (desk) => {
      const runId = await endedRun(desk, { status: "completed", result: '"fine"' });
      await desk.setElapsed(30);
      const before = await desk.runs.get(desk.tenant, runId);
      const verdict = await desk.runs.claim(desk.tenant, runId, AT_REST);
      expect(verdict).toMatchObject({ code: "claimed", run: { status: "completed", epoch: 2 } });
      expect(await desk.runs.get(desk.tenant, runId)).toEqual({ ...before, epoch: 2 });
      expect(await desk.runs.claim(desk.tenant, runId, { takeOver: true })).toEqual({ code: "completed" });
      expect(await desk.runs.finish(desk.tenant, { runId, epoch: 2, status: "paused" })).toBe(true);
      const after = await desk.runs.get(desk.tenant, runId);
      expect([after?.status, after?.result]).toEqual(["paused", undefined]);
    },
  ),
  databaseCase("hands out a run at rest only when it is not alive, or to whoever insists", async (desk) => {
    const runId = await desk.run();
    await desk.setElapsed(10);
    const refused = await desk.runs.claim(desk.tenant, runId, AT_REST);
    expect(refused.code).toBe("alive");
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ epoch: 1 });
    const insisting = { takeOver: true, atRest: true };
    const verdict = await desk.runs.claim(desk.tenant, runId, insisting);
    expect(verdict).toMatchObject({ code: "claimed", run: { status: "running", stale: false, epoch: 2 } });
    expect(await desk.runs.claim(desk.tenant, desk.nextId(), insisting)).toEqual({ code: "unknown" });
  }),
  databaseCase("refuses older epochs once a run was claimed at rest", async (desk) => {
    const runId = await endedRun(desk, { status: "paused" });
    await desk.runs.claim(desk.tenant, runId, AT_REST);
    expect(await desk.runs.finish(desk.tenant, { runId, epoch: 1, status: "failed" })).toBe(false);
    expect(await desk.runs.heartbeat(desk.tenant, runId, 1)).toBe(false);
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ status: "paused", epoch: 2 });
    expect(await desk.runs.finish(desk.tenant, { runId, epoch: 2, status: "paused" })).toBe(true);
  }),
  databaseCase("gives each of many claims at rest an epoch of its own", async (desk) => {
    const runId = await endedRun(desk, { status: "paused" });
    const claims = Array.from({ length: 8 }, () => desk.runs.claim(desk.tenant, runId, AT_REST));
    const verdicts = await Promise.all(claims);
    const epochs = verdicts.map((verdict) => (verdict.code === "claimed" ? verdict.run.epoch : 0));
    expect(epochs.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  }),
  databaseCase("closes the open holds of older epochs when a run is claimed at rest", async (desk) => {
    await desk.budget("user", { total: 100n }, { onExpiry: "release" });
    const runId = await desk.run();
    const label = { runId, provider: "openai", model: "gpt-test" };
    const callId = await desk.hold(50n, ["user"], { label, epoch: 1 });
    await desk.hold(20n, ["user"]);
    await desk.setElapsed(30);
    await desk.runs.claim(desk.tenant, runId, AT_REST);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 50n, reservedNanoUsd: 20n });
    const entries = await desk.entriesOf(callId);
    expect(entries).toMatchObject([{ kind: "doubt", chargedNanoUsd: 50n, inDoubt: true, label }]);
  }),
];
