import { memoryDatabase } from "@wflo/core";
import { LibSQLStore } from "@mastra/libsql";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import {
  createStep as createEventedStep,
  createWorkflow as createEventedWorkflow,
} from "@mastra/core/workflows/evented";
import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { InMemoryStore, MastraCompositeStore } from "@mastra/core/storage";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { executed, mastraOn } from "./workflows-storage-workflow.ts";
import { newStorage } from "./workflows-storage-stores.ts";

beforeEach(() => void (executed.length = 0));

const inputData = { text: "hi" };

test("a run is suspended, and resumed by another Mastra on the same database", async () => {
  const database = memoryDatabase();
  const storage = await newStorage(database, "tenant");
  const run = await mastraOn(storage).getWorkflow("approval").createRun({ resourceId: "me" });
  expect(await run.start({ inputData })).toMatchObject({ status: "suspended" });
  const elsewhere = mastraOn(await newStorage(database, "tenant"));
  const again = await elsewhere.getWorkflow("approval").createRun({ runId: run.runId });
  const result = await again.resume({ step: "approve", resumeData: { by: "me" } });
  expect(result).toMatchObject({ status: "success", result: { text: "hi draft by me send" } });
  expect(executed).toEqual(["draft", "approve", "approve", "send"]);
  expect(await storage.getWorkflowRunById({ runId: run.runId })).toMatchObject({
    workflowName: "approval",
    resourceId: "me",
    snapshot: { status: "success", context: { approve: { resumePayload: { by: "me" } } } },
  });
});

test("a finished run goes back in time, and only the later steps are executed again", async () => {
  const storage = await newStorage(memoryDatabase());
  const workflow = mastraOn(storage).getWorkflow("crash");
  const run = await workflow.createRun();
  await run.start({ inputData });
  const again = await workflow.createRun({ runId: run.runId });
  expect(await again.timeTravel({ step: "risky" })).toMatchObject({
    status: "success",
    result: { text: "hi before risky after" },
  });
  expect(executed).toEqual(["before", "risky", "after", "risky", "after"]);
  const changed = await workflow.createRun({ runId: run.runId });
  const result = await changed.timeTravel({ step: "after", inputData: { text: "new" } });
  expect(result).toMatchObject({ status: "success", result: { text: "new after" } });
});

test("a run that was cut off is restarted where it was", async () => {
  const storage = await newStorage(memoryDatabase());
  const workflow = mastraOn(storage).getWorkflow("crash");
  const run = await workflow.createRun();
  const cut = storage.persistWorkflowSnapshot.bind(storage);
  // The process is gone once the second step has begun: what it would save later is never saved.
  storage.persistWorkflowSnapshot = async (state) => {
    const { risky } = state.snapshot.context as { readonly risky?: { readonly status: string } };
    if (risky?.status !== "success") await cut(state);
  };
  await run.start({ inputData });
  storage.persistWorkflowSnapshot = cut;
  expect((await storage.listWorkflowRuns({ status: "running" })).total).toBe(1);
  const again = await workflow.createRun({ runId: run.runId });
  expect(await again.restart()).toMatchObject({
    status: "success",
    result: { text: "hi before risky after" },
  });
  expect(executed).toEqual(["before", "risky", "after", "risky", "after"]);
  expect((await storage.listWorkflowRuns({ status: "success" })).total).toBe(1);
});

test("runs are listed and deleted through a workflow, beside libSQL for everything else", async () => {
  const others = new LibSQLStore({ id: "others", url: "file::memory:" });
  const storage = await newStorage(memoryDatabase());
  const mastra = mastraOn(storage, others);
  const workflow = mastra.getWorkflow("approval");
  const runs = [await workflow.createRun({ resourceId: "a" }), await workflow.createRun({ resourceId: "b" })];
  for (const run of runs) await run.start({ inputData });
  const listed = await workflow.listWorkflowRuns({ resourceId: "b" });
  expect(listed).toMatchObject({ total: 1, runs: [{ runId: runs[1]?.runId, workflowName: "approval" }] });
  await workflow.deleteWorkflowRunById(runs[0]?.runId ?? "");
  expect(await workflow.listWorkflowRuns({ status: "suspended" })).toMatchObject({
    total: 1,
    runs: [{ runId: runs[1]?.runId }],
  });
  const memory = await mastra.getStorage()?.getStore("memory");
  const thread = { id: "t", resourceId: "b", title: "x", createdAt: new Date(), updatedAt: new Date() };
  await memory?.saveThread({ thread });
  expect(await memory?.getThreadById({ threadId: "t" })).toMatchObject({ title: "x" });
  const theirs = await others.getStore("workflows");
  expect((await theirs?.listWorkflowRuns())?.total).toBe(0);
});

test("parallel steps, iterations and nested workflows end as with Mastra's own storage", async () => {
  const results = [];
  for (const workflows of [await newStorage(memoryDatabase()), undefined]) {
    const number = { inputSchema: z.number(), outputSchema: z.number() };
    const add = createStep({ id: "add", ...number, execute: async ({ inputData: n }) => n + 1 });
    const double = createStep({ id: "double", ...number, execute: async ({ inputData: n }) => 2 * n });
    const inner = createWorkflow({ id: "inner", ...number })
      .then(double)
      .then(add)
      .commit();
    const workflow = createWorkflow({ id: "outer", inputSchema: z.number(), outputSchema: z.any() })
      .parallel([add, double])
      .map(async ({ inputData: both }) => [both.add, both.double, 9])
      .foreach(inner as never, { concurrency: 2 })
      .commit();
    const storage = new MastraCompositeStore({
      id: "s",
      default: new InMemoryStore(),
      ...(workflows && { domains: { workflows } }),
    });
    const mastra = new Mastra({ storage, workflows: { workflow }, logger: noopLogger as never });
    const run = await mastra.getWorkflow("workflow").createRun();
    const { status, ...rest } = await run.start({ inputData: 4 });
    results.push([status, (rest as { result?: unknown }).result]);
  }
  expect(results[0]).toEqual(["success", [11, 17, 19]]);
  expect(results[1]).toEqual(results[0]);
});

test("an evented workflow, whose engine updates runs from events, ends", async () => {
  const workflows = await newStorage(memoryDatabase());
  const number = { inputSchema: z.number(), outputSchema: z.number() };
  const add = createEventedStep({ id: "add", ...number, execute: async ({ inputData: n }) => n + 1 });
  const double = createEventedStep({ id: "double", ...number, execute: async ({ inputData: n }) => 2 * n });
  const workflow = createEventedWorkflow({ id: "evented", inputSchema: z.number(), outputSchema: z.any() })
    .parallel([add, double])
    .commit();
  const storage = new MastraCompositeStore({ id: "s", default: new InMemoryStore(), domains: { workflows } });
  const mastra = new Mastra({ storage, workflows: { workflow }, logger: noopLogger as never });
  await mastra.startEventEngine();
  onTestFinished(() => mastra.stopEventEngine());
  const run = await mastra.getWorkflow("workflow").createRun();
  expect(await run.start({ inputData: 4 })).toMatchObject({
    status: "success",
    result: { add: 5, double: 8 },
  });
  expect((await workflows.listWorkflowRuns({ status: "success" })).total).toBe(1);
});
