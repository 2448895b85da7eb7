import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Who may take a run over, and what becomes of the calls of its dead process. */
export const runClaimsCases: readonly DatabaseCase[] = [
  databaseCase("does not hand out a run that is alive", async (desk) => {
    const runId = await desk.run();
    await desk.setElapsed(10);
    const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: false });
    expect(verdict.code).toBe("alive");
    const agoMs = verdict.code === "alive" ? verdict.heartbeatAgoMs : -1;
    expect(agoMs >= 10_000 && agoMs < 20_000, `${agoMs} ms ago`).toBe(true);
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ epoch: 1 });
  }),
  databaseCase("hands out a live run to whoever insists", async (desk) => {
    const runId = await desk.run();
    const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(verdict).toMatchObject({ code: "claimed", run: { id: runId, epoch: 2, status: "running" } });
  }),
  databaseCase("hands out a run whose heartbeat stopped, alive again", async (desk) => {
    const runId = await desk.run();
    await desk.setElapsed(30);
    const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: false });
    expect(verdict).toMatchObject({ code: "claimed", run: { epoch: 2, stale: false } });
    const again = await desk.runs.claim(desk.tenant, runId, { takeOver: false });
    expect(again.code).toBe("alive");
  }),
  databaseCase("hands out paused and failed runs without their old end", async (desk) => {
    for (const status of ["paused", "failed"] as const) {
      const runId = await desk.run();
      await desk.runs.finish(desk.tenant, { runId, epoch: 1, status, error: '"no money"' });
      const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: false });
      expect(verdict).toMatchObject({ code: "claimed", run: { status: "running", epoch: 2 } });
      const row = await desk.runs.get(desk.tenant, runId);
      expect([row?.endedAt, row?.error]).toEqual([undefined, undefined]);
    }
  }),
  databaseCase("hands out a run to one of many claimants", async (desk) => {
    const runId = await desk.run();
    await desk.setElapsed(30);
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => desk.runs.claim(desk.tenant, runId, { takeOver: false })),
    );
    expect(claims.filter(({ code }) => code === "claimed")).toHaveLength(1);
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ epoch: 2 });
  }),
  databaseCase("does not hand out a run that is completed", async (desk) => {
    const runId = await desk.run();
    await desk.runs.finish(desk.tenant, { runId, epoch: 1, status: "completed", result: "1" });
    for (const takeOver of [false, true]) {
      expect(await desk.runs.claim(desk.tenant, runId, { takeOver })).toEqual({ code: "completed" });
    }
  }),
  databaseCase("hands out a run with everything that get() shows", async (desk) => {
    const forkedFrom = { runId: desk.nextId(), checkpointId: "a" };
    const threadId = desk.nextId();
    const plain = await desk.run({ budgetIds: ["user"], tags: ["eu"], input: '"why"' });
    const forked = await desk.run({ forkedFrom, threadId });
    for (const runId of [plain, forked]) {
      const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: true });
      expect(verdict.code === "claimed" && verdict.run).toEqual(await desk.runs.get(desk.tenant, runId));
    }
  }),
  databaseCase("has no run to hand out under an unknown id", async (desk) => {
    const verdict = await desk.runs.claim(desk.tenant, desk.nextId(), { takeOver: true });
    expect(verdict).toEqual({ code: "unknown" });
  }),
  databaseCase("closes the open holds of the dead epoch in doubt, charged in full", async (desk) => {
    await desk.budget("user", { total: 100n }, { onExpiry: "release" });
    const runId = await desk.run();
    const label = { runId, provider: "openai", model: "gpt-test" };
    const callId = await desk.hold(50n, ["user"], { label, epoch: 1 });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 50n, reservedNanoUsd: 0n });
    const entries = await desk.entriesOf(callId);
    expect(entries).toMatchObject([{ kind: "doubt", chargedNanoUsd: 50n, inDoubt: true, label }]);
  }),
  databaseCase("leaves the open holds of other runs alone", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const label = { runId: await desk.run(), provider: "openai", model: "gpt-test" };
    await desk.hold(50n, ["user"], { label, epoch: 1 });
    await desk.hold(20n, ["user"]);
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 70n });
  }),
];
