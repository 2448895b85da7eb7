import { expect } from "vitest";
import type { Settlement, StepCommitVerdict } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

interface Commit {
  readonly runId: string;
  readonly epoch?: number;
  readonly path?: string;
  readonly result?: string;
  readonly settlements?: readonly Settlement[];
}

function commit(desk: CaseDesk, step: Commit): Promise<StepCommitVerdict> {
  const filled = { epoch: 1, path: "plan", result: '"done"', settlements: [], ...step };
  return desk.database.commitStep({ tenant: desk.tenant, ...filled });
}

/** Results of steps, and the settles that ride with them. */
export const stepsCases: readonly DatabaseCase[] = [
  databaseCase("saves the result of a step", async (desk) => {
    const runId = await desk.run();
    expect(await commit(desk, { runId })).toEqual({ code: "committed", settled: [] });
    const [step] = await desk.runs.steps(desk.tenant, runId);
    expect(step).toMatchObject({ path: "plan", epoch: 1, result: '"done"' });
    expect(step?.savedAt).toBeInstanceOf(Date);
  }),
  databaseCase("settles the calls of a step with its result", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const first = await desk.hold(10n, ["user"]);
    const second = await desk.hold(10n, ["user"]);
    const settlements = [
      desk.settlement(second, 2n),
      desk.settlement(first, 3n),
      desk.settlement(second, 2n),
    ];
    const { settled } = await commit(desk, { runId, settlements });
    const verdicts = settled.map(({ callId, code }) => [callId, code]);
    expect(verdicts).toEqual([
      [second, "settled"],
      [first, "settled"],
      [second, "replay"],
    ]);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 5n, reservedNanoUsd: 0n });
  }),
  databaseCase("settles the calls of a superseded step", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const callId = await desk.hold(10n, ["user"]);
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    const { settled } = await commit(desk, { runId, settlements: [desk.settlement(callId, 4n)] });
    expect(settled).toMatchObject([{ callId, code: "settled", chargedNanoUsd: 4n }]);
    expect((await desk.window("user")).spentNanoUsd).toBe(4n);
  }),
  databaseCase("does not save the result of a superseded step", async (desk) => {
    const runId = await desk.run();
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect((await commit(desk, { runId })).code).toBe("superseded");
    expect(await desk.runs.steps(desk.tenant, runId)).toEqual([]);
  }),
  databaseCase("saves nothing for a run that does not exist, but settles its calls", async (desk) => {
    const callId = await desk.hold(10n, []);
    const runId = desk.nextId();
    const verdict = await commit(desk, { runId, settlements: [desk.settlement(callId, 4n)] });
    expect(verdict).toMatchObject({ code: "superseded", settled: [{ code: "settled" }] });
  }),
  databaseCase("keeps the first result of a step that is saved twice in an epoch", async (desk) => {
    const runId = await desk.run();
    await commit(desk, { runId, result: '"first"' });
    expect((await commit(desk, { runId, result: '"second"' })).code).toBe("committed");
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ result: '"first"' }]);
  }),
  databaseCase("lets a newer epoch save a step anew", async (desk) => {
    const runId = await desk.run();
    await commit(desk, { runId, result: '"old"' });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect((await commit(desk, { runId, epoch: 2, result: '"new"' })).code).toBe("committed");
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ epoch: 2, result: '"new"' }]);
  }),
  databaseCase("keeps the steps of earlier epochs when a run is claimed", async (desk) => {
    const runId = await desk.run();
    await commit(desk, { runId, path: "plan" });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    await desk.setElapsed(1);
    await commit(desk, { runId, path: "write", epoch: 2 });
    const steps = await desk.runs.steps(desk.tenant, runId);
    expect(steps.map(({ path, epoch }) => `${path} ${epoch}`).toSorted()).toEqual(["plan 1", "write 2"]);
  }),
  databaseCase("gives steps in the order they were saved", async (desk) => {
    const runId = await desk.run();
    const paths = ["z", "a", "m"];
    for (const [index, path] of paths.entries()) {
      await desk.setElapsed(index);
      await commit(desk, { runId, path });
    }
    const steps = await desk.runs.steps(desk.tenant, runId);
    expect(steps.map(({ path }) => path)).toEqual(paths);
  }),
  databaseCase("keeps the steps of runs apart", async (desk) => {
    const first = await desk.run();
    const second = await desk.run();
    await commit(desk, { runId: first, result: "1" });
    await commit(desk, { runId: second, result: "2" });
    expect(await desk.runs.steps(desk.tenant, first)).toMatchObject([{ result: "1" }]);
  }),
  databaseCase("corrects a doubtful call by a settle that rides with a step", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const callId = await desk.hold(10n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    const { settled } = await commit(desk, { runId, settlements: [desk.settlement(callId, 4n)] });
    expect(settled).toMatchObject([{ code: "late", chargedNanoUsd: 4n }]);
  }),
];
