import { memoryDatabase } from "@wflo/core";
import { InMemoryStore, MastraCompositeStore } from "@mastra/core/storage";
import { expect, test } from "vitest";
import type { WfloWorkflowsStorage } from "../src/storage/wflo-workflows-storage.ts";
import { stateOf } from "./workflows-storage-samples.ts";
import { newStorage } from "./workflows-storage-stores.ts";

const DAY = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY);
const policies = { workflowSnapshot: { maxAge: "30d", batchSize: 2 } } as const;

async function runsOfAge(storage: WfloWorkflowsStorage, ages: readonly number[]): Promise<void> {
  for (const [at, age] of ages.entries()) {
    const run = { workflowName: "w", runId: `r${at}`, createdAt: ago(age + 1), updatedAt: ago(age) };
    await storage.persistWorkflowSnapshot({ ...run, snapshot: stateOf(`r${at}`) });
  }
}

const left = async (storage: WfloWorkflowsStorage) =>
  (await storage.listWorkflowRuns()).runs.map(({ runId }) => runId).toSorted();

test("a store's retention deletes runs that nobody has saved for long, and no others", async () => {
  const storage = await newStorage(memoryDatabase());
  await runsOfAge(storage, [40, 1, 31, 29, 50, 60, 70]);
  const key = { workflowName: "w", runId: "r0" };
  await storage.persistWorkflowSnapshot({ ...key, snapshot: stateOf("r0") });
  const composed = new MastraCompositeStore({
    id: "s",
    default: new InMemoryStore(),
    domains: { workflows: storage },
    retention: { workflows: policies },
  });
  const [pruned] = await composed.prune();
  expect(pruned).toMatchObject({ domain: "workflows", deleted: 4, done: true });
  expect(await left(storage)).toEqual(["r0", "r1", "r3"]);
});

test("deletes no more at once than it may, and goes on the next time", async () => {
  const storage = await newStorage(memoryDatabase());
  await runsOfAge(storage, [40, 41, 42, 43, 44]);
  expect(await storage.prune(policies, { maxBatches: 1 })).toMatchObject([{ deleted: 2, done: false }]);
  expect(await left(storage)).toHaveLength(3);
  expect(await storage.prune(policies)).toMatchObject([{ deleted: 3, done: true }]);
  expect(await left(storage)).toEqual([]);
});

test("without a policy everything is kept", async () => {
  const storage = await newStorage(memoryDatabase());
  await runsOfAge(storage, [1_000]);
  expect(await storage.prune({})).toEqual([]);
  expect(await left(storage)).toEqual(["r0"]);
});
