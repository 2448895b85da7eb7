import { InvalidOptionError, UnsavableValueError } from "@wflo/core";
import { expect, test } from "vitest";
import type { WfloWorkflowsStorage } from "../src/storage/wflo-workflows-storage.ts";
import { stateOf, success } from "./workflows-storage-samples.ts";

const KEY = { workflowName: "w", runId: "r" };
const cyclic = (() => {
  const list: unknown[] = [1];
  list.push({ list });
  return list;
})();
/** As deep as no stack is. */
const deep = (() => {
  let list: unknown[] = [];
  for (let level = 0; level < 50_000; level += 1) list = [list];
  return list;
})();

/** What Mastra's own stores lose, refuse in other words, or break at. */
export function hostileCases(open: () => Promise<WfloWorkflowsStorage>): void {
  test.each([
    ["a NUL byte", "a\u0000b", "a\u0001b"],
    ["half of a surrogate pair", "a\ud800b", "a\ufffdb"],
    ["10,000 characters", "x".repeat(10_000), "x".repeat(10_001)],
    ["nothing in them", "", " "],
  ])("keeps a run whose ids have %s apart from others", async (_, id, other) => {
    const storage = await open();
    for (const runId of [id, other]) {
      const run = { workflowName: `w${id}`, runId, resourceId: `r${runId}` };
      await storage.persistWorkflowSnapshot({ ...run, snapshot: stateOf(runId) });
    }
    expect(await storage.getWorkflowRunById({ runId: id })).toMatchObject({
      workflowName: `w${id}`,
      runId: id,
      resourceId: `r${id}`,
      snapshot: stateOf(id),
    });
    expect((await storage.listWorkflowRuns({ workflowName: `w${id}`, resourceId: `r${id}` })).total).toBe(1);
    await storage.deleteWorkflowRunById({ workflowName: `w${id}`, runId: id });
    expect((await storage.listWorkflowRuns()).runs.map(({ runId }) => runId)).toEqual([other]);
  });

  test("texts with NUL bytes and halves of surrogate pairs come back as they were", async () => {
    const storage = await open();
    const context = { input: "a\u0000b", a: success({ "k\u0000": "\ud83d", list: ["\u0000"] }) };
    const snapshot = stateOf("r", { context, status: "s\u0000" });
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot });
    expect(await storage.loadWorkflowSnapshot(KEY)).toEqual(snapshot);
    expect((await storage.listWorkflowRuns({ status: "s\u0000" as never })).total).toBe(1);
  });

  test("a state with keys such as __proto__ comes back with them", async () => {
    const storage = await open();
    const hostile: unknown = JSON.parse(
      '{"__proto__":{"x":1},"constructor":{"prototype":null},"toString":1,"$wflo":"date","$outputOf":"a","":2}',
    );
    const long = { $outputOf: "x".repeat(80) };
    const context = {
      input: hostile,
      a: { status: "success", payload: hostile, output: hostile },
      b: { status: "success", payload: long, output: { $literal: long } },
      c: { status: "success", payload: { $literal: long }, output: { $outputOf: "a" } },
      d: { status: "success", payload: { $outputOf: "a" }, output: [] },
    };
    await storage.persistWorkflowSnapshot({
      ...KEY,
      snapshot: stateOf("r", { context, result: { $outputOf: 0 } }),
    });
    const loaded = await storage.loadWorkflowSnapshot(KEY);
    expect(JSON.stringify(loaded?.context)).toBe(JSON.stringify(context));
    expect(loaded?.result).toEqual({ $outputOf: 0 });
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test.each([
    ["contains itself", cyclic, /^context\.a\.output\[1\]\.list$/, "it contains itself"],
    ["is a bigint", { n: 10n }, /^context\.a\.output\.n$/, "it is a bigint"],
    ["lies too deep", deep, /^context\.a\.output(\[0\])+$/, "it lies deeper than 200 levels"],
  ])("names the path of what %s, and leaves the run as it was", async (_, output, path, what) => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r") });
    const snapshot = stateOf("r", { context: { a: success(output) } });
    const refused: unknown = await storage
      .persistWorkflowSnapshot({ ...KEY, snapshot })
      .catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(UnsavableValueError);
    expect(refused).toMatchObject({ code: "WFLO_UNSAVABLE_VALUE", path: expect.stringMatching(path) });
    expect((refused as UnsavableValueError).what).toContain(what);
    const update = { ...KEY, stepId: "a", result: success(output), requestContext: {} };
    await expect(storage.updateWorkflowResults(update)).rejects.toMatchObject({
      code: "WFLO_UNSAVABLE_VALUE",
      path,
    });
    expect(await storage.loadWorkflowSnapshot(KEY)).toEqual(stateOf("r"));
  });

  test("steps that were given almost what another returned keep what they were given", async () => {
    const storage = await open();
    const text = (middle: string) => "a".repeat(100) + middle + "z".repeat(100);
    const keys = Array.from({ length: 12 }, (_, at) => [`key ${at}`, "same"] as const);
    const ordered = Object.fromEntries(keys);
    const context = {
      input: { text: text("0") },
      a: { status: "success", payload: { text: text("1") }, output: { text: text("2") } },
      b: { status: "success", payload: { text: text("2"), more: 1 }, output: ordered },
      c: {
        status: "success",
        payload: Object.fromEntries([...keys.slice(0, 10), ...keys.slice(10).toReversed()]),
      },
      d: { status: "success", payload: ordered, output: [text("2")] },
      e: { status: "success", payload: { 0: text("2") }, output: text("3") },
      f: { status: "success", payload: text("3") },
    };
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { context, result: text("3") }) });
    const loaded = await storage.loadWorkflowSnapshot(KEY);
    expect(JSON.stringify(loaded?.context)).toBe(JSON.stringify(context));
    expect(loaded?.result).toBe(text("3"));
  });

  test("reads states that older versions handed over as texts; what is no JSON stays a text", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: JSON.stringify(stateOf("r")) as never });
    expect(await storage.loadWorkflowSnapshot(KEY)).toEqual(stateOf("r"));
    expect((await storage.listWorkflowRuns({ status: "running" })).total).toBe(1);
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: "{broken" as never });
    expect((await storage.getWorkflowRunById(KEY))?.snapshot).toBe("{broken");
    for (const nothing of [null, undefined, {}, []]) {
      await storage.persistWorkflowSnapshot({ ...KEY, snapshot: nothing as never });
      expect((await storage.getWorkflowRunById(KEY))?.snapshot).toEqual(nothing ?? null);
    }
  });

  test("states whose keys are those of the storage itself, or very many, come back", async () => {
    const storage = await open();
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, at]));
    for (const parts of [
      { $run: 1, $resource: "x", $state: null },
      many,
      { context: [1, 2] },
      { context: "x" },
    ]) {
      await storage.persistWorkflowSnapshot({ ...KEY, resourceId: "me", snapshot: stateOf("r", parts) });
      const found = await storage.getWorkflowRunById(KEY);
      expect(found?.snapshot).toEqual(stateOf("r", parts));
      expect(found?.resourceId).toBe("me");
    }
  });

  test("lists no run on a page that lies further behind than numbers count", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r") });
    const far = { page: Number.MAX_SAFE_INTEGER, perPage: 1_000_000 };
    expect(await storage.listWorkflowRuns(far)).toEqual({ runs: [], total: 1 });
  });

  test.each([
    ["page", { page: -1, perPage: 2 }],
    ["page", { page: 0.5, perPage: 2 }],
    ["perPage", { page: 0, perPage: -2 }],
    ["perPage", { page: 0, perPage: Number.NaN }],
    ["fromDate", { fromDate: new Date(Number.NaN) }],
    ["toDate", { toDate: "never" as never }],
  ])("a list refuses a %s that means nothing: %o", async (name, input) => {
    const storage = await open();
    await expect(storage.listWorkflowRuns(input)).rejects.toThrow(InvalidOptionError);
    await expect(storage.listWorkflowRuns(input)).rejects.toThrow(name);
  });

  test("a run is not created at a time that is none", async () => {
    const storage = await open();
    const run = { ...KEY, snapshot: stateOf("r"), createdAt: new Date(Number.NaN) };
    await expect(storage.persistWorkflowSnapshot(run)).rejects.toThrow(InvalidOptionError);
  });

  test("what a caller does to a state that is being saved is not saved", async () => {
    const storage = await open();
    const snapshot = stateOf("r", { context: { input: {}, a: success([1]) } });
    const expected = structuredClone(snapshot);
    const saved = storage.persistWorkflowSnapshot({ ...KEY, snapshot });
    Object.assign(snapshot.context, { a: "changed" });
    await saved;
    expect(await storage.loadWorkflowSnapshot(KEY)).toEqual(expected);
  });
}
