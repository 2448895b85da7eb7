import { memoryDatabase, type CheckpointPut, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { threadOf } from "../src/storage/run-key.ts";
import type { WfloWorkflowsStorage } from "../src/storage/wflo-workflows-storage.ts";
import { stateOf } from "./workflows-storage-samples.ts";
import { newStorage } from "./workflows-storage-stores.ts";

const TENANT = "growth";
const KEY = { workflowName: "w", runId: "r" };
const OUTPUT = 2_000;

/** A database that counts the characters that its checkpoint store is given. */
function counting(): { readonly database: Database; readonly given: () => number } {
  const memory = memoryDatabase();
  let given = 0;
  const put = (one: CheckpointPut) => {
    const { manifest, metadata, pieces } = one.checkpoint;
    given += manifest.length + metadata.length + JSON.stringify(pieces).length;
    for (const { text } of one.elements) given += text.length;
    return memory.checkpoints.put(one);
  };
  return { database: { ...memory, checkpoints: { ...memory.checkpoints, put } }, given: () => given };
}

/** Saves a run as Mastra's engine does: when a step begins, when it has ended, and at the end; returns its last state. */
async function play(storage: WfloWorkflowsStorage, steps: number): Promise<string> {
  const context: Record<string, unknown> = { input: { text: "i".repeat(OUTPUT) } };
  const graph = Array.from({ length: steps }, (_, at) => ({ type: "step", step: { id: `s${at}` } }));
  const save = (parts: Readonly<Record<string, unknown>>) => {
    const path = Object.keys(context).slice(1);
    const snapshot = stateOf("r", { context, serializedStepGraph: graph, stepExecutionPath: path, ...parts });
    return storage.persistWorkflowSnapshot({ ...KEY, snapshot: structuredClone(snapshot) });
  };
  let payload = context["input"];
  for (let at = 0; at < steps; at += 1) {
    context[`s${at}`] = { payload, startedAt: at, status: "running" };
    await save({ activePaths: [at], activeStepsPath: { [`s${at}`]: [at] }, timestamp: at });
    const output = { text: String(at % 10).repeat(OUTPUT) };
    context[`s${at}`] = { payload, startedAt: at, status: "success", output, endedAt: at };
    await save({ activePaths: [at], timestamp: at });
    payload = output;
  }
  await save({ status: "success", result: payload });
  return JSON.stringify(await storage.loadWorkflowSnapshot(KEY));
}

test("a run of a hundred steps takes little more than its last state, which has each output twice", async () => {
  const { database, given } = counting();
  const storage = await newStorage(database, TENANT);
  const state = await play(storage, 100);
  expect(state.length).toBeGreaterThan(2 * 100 * OUTPUT);
  expect(given()).toBeLessThan(state.length);
});

test("four times the steps take about four times as much", async () => {
  const sizes: number[] = [];
  for (const steps of [50, 200]) {
    const { database, given } = counting();
    await play(await newStorage(database, TENANT), steps);
    sizes.push(given());
  }
  expect((sizes[1] ?? 0) / (sizes[0] ?? 1)).toBeLessThan(4.6);
});

test("a run that has ended keeps nothing but its state", async () => {
  const database = memoryDatabase();
  const state = await play(await newStorage(database, TENANT), 30);
  const thread = threadOf(KEY);
  const outline = await database.checkpoints.outline(TENANT, thread);
  expect(outline?.checkpoints).toHaveLength(1);
  if (outline === undefined) return;
  const swept = await database.checkpoints.deleteCheckpoints(TENANT, { thread, outline, places: [] });
  expect(swept).toMatchObject({ code: "deleted", elements: 0 });
  const stored = await database.checkpoints.get(TENANT, { thread, namespace: "mastra" });
  const characters = stored?.elements.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
  expect(characters).toBeLessThan(0.7 * state.length);
});

test("a run that goes on for long is swept on the way", async () => {
  const database = memoryDatabase();
  const storage = await newStorage(database, TENANT);
  for (let at = 0; at < 600; at += 1) {
    const context = { input: {}, loop: { status: "running", payload: { text: `${at}`.repeat(50) } } };
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { context }) });
  }
  const thread = threadOf(KEY);
  const outline = await database.checkpoints.outline(TENANT, thread);
  if (outline === undefined) throw new Error("nothing was saved");
  const swept = await database.checkpoints.deleteCheckpoints(TENANT, { thread, outline, places: [] });
  // Four elements a state: of those since the 512th, not of all 600.
  expect(swept.code === "deleted" && swept.elements).toBeLessThan(4 * 100);
});
