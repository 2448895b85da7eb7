import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Results of steps, and the settles that ride with them. */
export const stepsCases: readonly DatabaseCase[] = [
  databaseCase("saves the result of a step", async (desk) => {
    const runId = await desk.run();
    expect(await desk.commitStep({ runId })).toEqual({ code: "committed", settled: [] });
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
    const { settled } = await desk.commitStep({ runId, settlements });
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
    const { settled } = await desk.commitStep({ runId, settlements: [desk.settlement(callId, 4n)] });
    expect(settled).toMatchObject([{ callId, code: "settled", chargedNanoUsd: 4n }]);
    expect((await desk.window("user")).spentNanoUsd).toBe(4n);
  }),
  databaseCase("does not save the result of a superseded step", async (desk) => {
    const runId = await desk.run();
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect((await desk.commitStep({ runId })).code).toBe("superseded");
    expect(await desk.runs.steps(desk.tenant, runId)).toEqual([]);
  }),
  databaseCase("saves nothing for a run that does not exist, but settles its calls", async (desk) => {
    const callId = await desk.hold(10n, []);
    const runId = desk.nextId();
    const verdict = await desk.commitStep({ runId, settlements: [desk.settlement(callId, 4n)] });
    expect(verdict).toMatchObject({ code: "superseded", settled: [{ code: "settled" }] });
  }),
  databaseCase("keeps the first result of a step that is saved twice in an epoch", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, result: '"first"' });
    expect((await desk.commitStep({ runId, result: '"second"' })).code).toBe("committed");
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ result: '"first"' }]);
  }),
  databaseCase("tells the result that stays when a step is saved again in its epoch", async (desk) => {
    const runId = await desk.run();
    const saved = async (result: string, checkpointId?: string, epoch = 1) =>
      (await desk.commitStep({ runId, result, checkpointId, epoch })).recorded;
    expect(await saved('"first"')).toBeUndefined();
    expect(await saved('"second"')).toBe('"first"');
    expect(await saved('"after a"', "a")).toBeUndefined();
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await saved('"new"', undefined, 2)).toBeUndefined();
    expect(await saved('"newer"', undefined, 2)).toBe('"new"');
  }),
  databaseCase("lets a newer epoch save a step anew", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, result: '"old"' });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect((await desk.commitStep({ runId, epoch: 2, result: '"new"' })).code).toBe("committed");
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ epoch: 2, result: '"new"' }]);
  }),
  databaseCase("keeps the steps of earlier epochs when a run is claimed", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, path: "plan" });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    await desk.setElapsed(1);
    await desk.commitStep({ runId, path: "write", epoch: 2 });
    const steps = await desk.runs.steps(desk.tenant, runId);
    expect(steps.map(({ path, epoch }) => `${path} ${epoch}`).toSorted()).toEqual(["plan 1", "write 2"]);
  }),
  databaseCase("gives steps in the order they were saved", async (desk) => {
    const runId = await desk.run();
    const paths = ["z", "a", "m"];
    for (const [index, path] of paths.entries()) {
      await desk.setElapsed(index);
      await desk.commitStep({ runId, path });
    }
    const steps = await desk.runs.steps(desk.tenant, runId);
    expect(steps.map(({ path }) => path)).toEqual(paths);
  }),
  databaseCase("keeps the steps of runs apart", async (desk) => {
    const first = await desk.run();
    const second = await desk.run();
    await desk.commitStep({ runId: first, result: "1" });
    await desk.commitStep({ runId: second, result: "2" });
    expect(await desk.runs.steps(desk.tenant, first)).toMatchObject([{ result: "1" }]);
  }),
  databaseCase("keeps a step once for each checkpoint that it was saved after", async (desk) => {
    const runId = await desk.run();
    for (const [index, checkpointId] of [undefined, "a", "b"].entries()) {
      await desk.setElapsed(index);
      await desk.commitStep({ runId, checkpointId, result: `${index}` });
    }
    const steps = await desk.runs.steps(desk.tenant, runId);
    const shown = steps.map(({ path, checkpointId, result }) => [path, checkpointId, result]);
    expect(shown).toEqual([
      ["plan", undefined, "0"],
      ["plan", "a", "1"],
      ["plan", "b", "2"],
    ]);
  }),
  databaseCase("keeps the first result of a step after the same checkpoint", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, checkpointId: "a", result: "1" });
    await desk.commitStep({ runId, checkpointId: "a", result: "2", tookMs: 7 });
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ result: "1", tookMs: 5 }]);
  }),
  databaseCase("lets a newer epoch save a step anew after the same checkpoint only", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, checkpointId: "a", result: "1" });
    await desk.commitStep({ runId, checkpointId: "b", result: "2" });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    await desk.commitStep({ runId, checkpointId: "b", result: "3", epoch: 2 });
    const steps = await desk.runs.steps(desk.tenant, runId);
    expect(steps.map(({ result, epoch }) => `${result} ${epoch}`).toSorted()).toEqual(["1 1", "3 2"]);
  }),
  databaseCase("shows how long a step took", async (desk) => {
    const runId = await desk.run();
    await desk.commitStep({ runId, path: "quick", tookMs: 0 });
    await desk.commitStep({ runId, path: "slow", tookMs: 4_000_000_001 });
    const steps = await desk.runs.steps(desk.tenant, runId);
    const shown = steps.map(({ path, tookMs }) => `${path} ${tookMs}`).toSorted();
    expect(shown).toEqual(["quick 0", "slow 4000000001"]);
  }),
  databaseCase("corrects a doubtful call by a settle that rides with a step", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const callId = await desk.hold(10n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    const { settled } = await desk.commitStep({ runId, settlements: [desk.settlement(callId, 4n)] });
    expect(settled).toMatchObject([{ code: "late", chargedNanoUsd: 4n }]);
  }),
];
