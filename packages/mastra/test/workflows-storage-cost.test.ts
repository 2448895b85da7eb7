import { createWflo, memoryDatabase } from "@wflo/core";
import { expect, onTestFinished, test } from "vitest";
import { stateOf } from "./workflows-storage-samples.ts";
import { newStorage } from "./workflows-storage-stores.ts";

const NOTHING = { cost: "0.00", calls: 0, inexact: 0, steps: [], models: [] };

/** A storage and a wflo on one database. */
async function desk(tenant = "desk") {
  const database = memoryDatabase();
  const wflo = createWflo({ database, tenant, logger: false });
  onTestFinished(() => wflo.close());
  const pay = async (runId: string, step: string | undefined, price: string, model = "m") => {
    const place = { thread: runId, step };
    await wflo.guardCall(
      { provider: "acme", model, parts: [], price, place },
      async () => ({ value: 1, usage: {} }) as never,
    );
    await wflo.flush();
  };
  return { wflo, pay, storage: await newStorage(database, tenant) };
}

test("adds up what a run has cost, by step and model, in all of its attempts", async () => {
  const { pay, storage } = await desk();
  await pay("r1", "draft", "0.01");
  await pay("r1", "draft", "0.02");
  await pay("r1", "send", "0.03", "n");
  await pay("r1", undefined, "0.04");
  await pay("r2", "draft", "5");
  expect(await storage.costOf("r1")).toEqual({
    runId: "r1",
    cost: "0.10",
    calls: 4,
    inexact: 0,
    steps: [
      { name: "draft", cost: "0.03", calls: 2 },
      { name: "send", cost: "0.03", calls: 1 },
    ],
    models: [
      { name: "acme/m", cost: "0.07", calls: 3 },
      { name: "acme/n", cost: "0.03", calls: 1 },
    ],
  });
  expect(await storage.costOf("never")).toEqual({ runId: "never", ...NOTHING });
});

test("lists runs with what each has cost, those that cost nothing as well", async () => {
  const { pay, storage } = await desk();
  for (const [at, runId] of ["r1", "r2", "r3"].entries()) {
    const createdAt = new Date(at);
    await storage.persistWorkflowSnapshot({ workflowName: "w", runId, snapshot: stateOf(runId), createdAt });
  }
  await pay("r2", "a", "0.25");
  const { runs, total } = await storage.listWorkflowRunsWithCost({ workflowName: "w", page: 0, perPage: 2 });
  expect(total).toBe(3);
  expect(runs).toMatchObject([
    { runId: "r3", snapshot: stateOf("r3"), cost: { runId: "r3", ...NOTHING } },
    { runId: "r2", cost: { runId: "r2", cost: "0.25", calls: 1, steps: [{ name: "a" }] } },
  ]);
});

test("does not count what another tenant paid, and keeps what deleted runs cost", async () => {
  const { pay, storage } = await desk();
  await pay("r", "a", "0.25");
  await storage.persistWorkflowSnapshot({ workflowName: "w", runId: "r", snapshot: stateOf("r") });
  await storage.deleteWorkflowRunById({ workflowName: "w", runId: "r" });
  expect((await storage.costOf("r")).cost).toBe("0.25");
  const other = await desk("other");
  expect((await other.storage.costOf("r")).cost).toBe("0.00");
});
