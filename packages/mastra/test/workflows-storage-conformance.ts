import type { WorkflowsStorage } from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";
import { expect, test } from "vitest";
import { listCases, tenRuns } from "./workflows-storage-list-cases.ts";
import { day, stateOf, success, W } from "./workflows-storage-samples.ts";

/**
 * What every workflows storage of Mastra promises, proved on Mastra's own. `isDurable`: one that keeps JSON, as databases do; the one in memory
 * keeps values themselves, and makes no run for a result.
 */
export function storageCases(open: () => Promise<WorkflowsStorage>, { isDurable = true } = {}): void {
  test("says that processes may update a run at once", async () => {
    expect((await open()).supportsConcurrentUpdates()).toBe(true);
  });

  test("loads what was persisted last, and null where nothing was", async () => {
    const storage = await open();
    expect(await storage.loadWorkflowSnapshot(W("r"))).toBeNull();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r") });
    const next = stateOf("r", {
      status: "success",
      context: { input: { q: 1 }, a: success({ said: "x" }) },
      result: [1],
    });
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: next });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(next);
    expect(await storage.loadWorkflowSnapshot({ workflowName: "v", runId: "r" })).toBeNull();
  });

  test("what a caller does to a loaded state changes nothing that is stored", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r") });
    const loaded = await storage.loadWorkflowSnapshot(W("r"));
    Object.assign(loaded?.context ?? {}, { input: "changed" });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(stateOf("r"));
  });

  test("every state of a growing run comes back", async () => {
    const storage = await open();
    const context: Record<string, unknown> = { input: { text: "in".repeat(80) } };
    let payload: unknown = context["input"];
    for (let at = 0; at < 12; at += 1) {
      const output = { text: `${at}`.repeat(100), list: [1, 2, 3, 4, { at }] };
      const path = Array.from({ length: at + 1 }, (_, step) => `s${step}`);
      for (const step of [
        { status: "running", payload },
        { status: "success", payload, output },
      ]) {
        context[`s${at}`] = step;
        const snapshot = stateOf("r", {
          context,
          stepExecutionPath: path,
          result: at === 11 ? output : undefined,
        });
        await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: structuredClone(snapshot) });
        expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(snapshot);
      }
      payload = output;
    }
    // Steps are run again, out of order, and taken away, as a time travel does.
    const s3 = { status: "success", payload: { text: "2".repeat(100) }, output: "new" };
    for (const again of [{ ...context, s3 }, { s11: context["s11"], input: context["input"] }, {}]) {
      const snapshot = stateOf("r", { context: again });
      await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: structuredClone(snapshot) });
      expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(snapshot);
    }
  });

  test("keeps when a run was created and whose it is, and notes when it was updated", async () => {
    const storage = await open();
    const first = { ...W("r"), resourceId: "me", createdAt: day(1), updatedAt: day(1) };
    await storage.persistWorkflowSnapshot({ ...first, snapshot: stateOf("r") });
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r"), updatedAt: day(3) });
    expect(await storage.getWorkflowRunById(W("r"))).toMatchObject({
      ...W("r"),
      resourceId: "me",
      createdAt: day(1),
      updatedAt: day(3),
      snapshot: stateOf("r"),
    });
    expect((await storage.listWorkflowRuns({ resourceId: "me" })).total).toBe(1);
    await storage.persistWorkflowSnapshot({ ...W("r"), resourceId: "you", snapshot: stateOf("r") });
    expect((await storage.getWorkflowRunById(W("r")))?.resourceId).toBe("you");
    expect((await storage.getWorkflowRunById(W("r")))?.updatedAt.getTime()).toBeGreaterThan(
      day(200).getTime(),
    );
  });

  test("finds a run by its id alone: of two workflows' the one that was created last", async () => {
    const storage = await open();
    expect(await storage.getWorkflowRunById({ runId: "r" })).toBeNull();
    for (const [name, at] of [
      ["a", 1],
      ["b", 3],
      ["c", 2],
    ] as const) {
      await storage.persistWorkflowSnapshot({
        workflowName: name,
        runId: "r",
        snapshot: stateOf("r"),
        createdAt: day(at),
      });
    }
    await storage.persistWorkflowSnapshot({
      workflowName: "d",
      runId: "r2",
      snapshot: stateOf("r2"),
      createdAt: day(9),
    });
    expect((await storage.getWorkflowRunById({ runId: "r" }))?.workflowName).toBe("b");
    expect((await storage.getWorkflowRunById({ runId: "r", workflowName: "a" }))?.workflowName).toBe("a");
    expect(await storage.getWorkflowRunById({ runId: "r", workflowName: "d" })).toBeNull();
  });

  test("runs whose ids and workflows read alike when they are put together are two", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ workflowName: "c", runId: "a/b", snapshot: stateOf("a/b") });
    expect(await storage.getWorkflowRunById({ runId: "a" })).toBeNull();
    expect(await storage.loadWorkflowSnapshot({ workflowName: "b/c", runId: "a" })).toBeNull();
    await storage.persistWorkflowSnapshot({ workflowName: "b/c", runId: "a", snapshot: stateOf("a") });
    expect(await storage.loadWorkflowSnapshot({ workflowName: "c", runId: "a/b" })).toEqual(stateOf("a/b"));
    expect((await storage.listWorkflowRuns()).total).toBe(2);
  });

  listCases(open);

  test("records results of steps beside each other, and the request context", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({
      ...W("r"),
      snapshot: stateOf("r", { requestContext: { who: "me" } }),
    });
    const update = (stepId: string, result: never, requestContext = {}) =>
      storage.updateWorkflowResults({ ...W("r"), stepId, result, requestContext });
    expect(await update("a", success(1))).toEqual({ input: { q: 1 }, a: success(1) });
    expect(await update("b", success(2), { since: "b" })).toEqual({
      input: { q: 1 },
      a: success(1),
      b: success(2),
    });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(
      stateOf("r", {
        context: { input: { q: 1 }, a: success(1), b: success(2) },
        requestContext: { who: "me", since: "b" },
      }),
    );
  });

  test("the iterations of a foreach end up in one list, whichever ends first", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r") });
    const update = (output: readonly unknown[]) =>
      storage.updateWorkflowResults({
        ...W("r"),
        stepId: "each",
        result: success(output),
        requestContext: {},
      });
    await update([null, null, "third"]);
    await update([null, "second", null]);
    const context = await update(["first", null, null]);
    expect(context["each"]).toMatchObject({ output: ["first", "second", "third"] });
    const pending = { __mastra_pending__: true };
    const reset = await update([pending, null, null]);
    expect(reset["each"]).toMatchObject({ output: ["first", "second", "third"] });
  });

  test("changes the state, and only the status that was expected", async () => {
    const storage = await open();
    expect(await storage.updateWorkflowState({ ...W("r"), opts: { status: "running" } })).toBeUndefined();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r", { status: "suspended" }) });
    const refused = { status: "running", expectedStatus: ["waiting", "paused"] } as const;
    expect(
      await storage.updateWorkflowState({
        ...W("r"),
        opts: { ...refused, expectedStatus: [...refused.expectedStatus] },
      }),
    ).toBeUndefined();
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(stateOf("r", { status: "suspended" }));
    const opts = { status: "running", expectedStatus: "suspended", suspendedPaths: { a: [0] } } as const;
    const changed = stateOf("r", { suspendedPaths: { a: [0] } });
    expect(
      await storage.updateWorkflowState({ ...W("r"), opts: { ...opts, suspendedPaths: { a: [0] } } }),
    ).toEqual(changed);
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(changed);
    expect(changed).not.toHaveProperty("expectedStatus");
  });

  test("refuses to update a state without steps", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: { status: "running" } as never });
    const update = { ...W("r"), stepId: "a", result: success(1), requestContext: {} };
    await expect(storage.updateWorkflowResults(update)).rejects.toThrow(/./);
    await expect(storage.updateWorkflowState({ ...W("r"), opts: { status: "success" } })).rejects.toThrow(
      /./,
    );
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual({ status: "running" });
  });

  test("forty updates of one run at once all count", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r") });
    const steps = Array.from({ length: 40 }, (_, at) => `s${at}`);
    await Promise.all(
      steps.map((stepId) =>
        storage.updateWorkflowResults({ ...W("r"), stepId, result: success(stepId), requestContext: {} }),
      ),
    );
    const { context } = (await storage.loadWorkflowSnapshot(W("r"))) as WorkflowRunState;
    expect(Object.keys(context).toSorted()).toEqual(["input", ...steps].toSorted());
  });

  test("deletes a run, and nothing beside it", async () => {
    const storage = await open();
    for (const [name, runId] of [
      ["w", "r"],
      ["w", "r2"],
      ["v", "r"],
    ] as const) {
      await storage.persistWorkflowSnapshot({ workflowName: name, runId, snapshot: stateOf(runId) });
    }
    await storage.deleteWorkflowRunById(W("r"));
    await storage.deleteWorkflowRunById(W("never"));
    expect(await storage.loadWorkflowSnapshot(W("r"))).toBeNull();
    expect((await storage.listWorkflowRuns()).total).toBe(2);
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r", { status: "waiting" }) });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(stateOf("r", { status: "waiting" }));
    expect((await storage.getWorkflowRunById(W("r")))?.resourceId ?? null).toBeNull();
  });

  test("clears everything", async () => {
    const storage = await open();
    await tenRuns(storage);
    await storage.dangerouslyClearAll();
    expect(await storage.listWorkflowRuns()).toEqual({ runs: [], total: 0 });
    expect(await storage.loadWorkflowSnapshot(W("r0"))).toBeNull();
  });

  test("reads states of older versions, which have less in them", async () => {
    const storage = await open();
    const old = { runId: "r", value: {}, context: { input: { q: 1 } }, activePaths: [], timestamp: 1 };
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: old as never });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toEqual(old);
    expect((await storage.listWorkflowRuns({ status: "running" })).total).toBe(0);
  });

  test.each([
    ["quotes", `o'r "x" \\ -- ; drop table`],
    ["slashes and escapes", "a/b%2Fc%/~%~"],
    ["other letters", "日本 🎉 é"],
    ["a prototype's name", "__proto__"],
    ["1,000 characters", "x".repeat(1_000)],
  ])("keeps a run whose ids have %s", async (_, id) => {
    const storage = await open();
    const key = { workflowName: id, runId: id };
    await storage.persistWorkflowSnapshot({ ...key, resourceId: id, snapshot: stateOf(id) });
    await storage.persistWorkflowSnapshot({ ...key, runId: `${id}.`, snapshot: stateOf(id) });
    expect(await storage.getWorkflowRunById({ runId: id })).toMatchObject({ ...key, resourceId: id });
    expect((await storage.listWorkflowRuns({ workflowName: id, resourceId: id })).runs).toMatchObject([key]);
    expect(await storage.loadWorkflowSnapshot(key)).toEqual(stateOf(id));
    await storage.deleteWorkflowRunById(key);
    expect((await storage.listWorkflowRuns({ workflowName: id })).total).toBe(1);
  });

  if (!isDurable) return;

  test("makes the run for the result of a step, where there is none", async () => {
    const storage = await open();
    const update = { ...W("r"), stepId: "a", result: success(1), requestContext: { who: "me" } };
    expect(await storage.updateWorkflowResults(update)).toEqual({ a: success(1) });
    expect(await storage.loadWorkflowSnapshot(W("r"))).toMatchObject({
      runId: "r",
      status: "pending",
      context: { a: success(1) },
      requestContext: { who: "me" },
    });
  });

  test("values come back as JSON has them", async () => {
    const storage = await open();
    const output = {
      when: new Date(0),
      nothing: undefined,
      list: [undefined],
      map: new Map([[1, 2]]),
      nan: Number.NaN,
    };
    await storage.persistWorkflowSnapshot({
      ...W("r"),
      snapshot: stateOf("r", { context: { a: success(output) } }),
    });
    const { context } = (await storage.loadWorkflowSnapshot(W("r"))) as WorkflowRunState;
    expect(context["a"]).toEqual(JSON.parse(JSON.stringify(success(output))));
    expect(context["a"]).toMatchObject({
      output: { when: "1970-01-01T00:00:00.000Z", list: [null], map: {} },
    });
  });

  test("a first date of creation stays", async () => {
    const storage = await open();
    for (const at of [3, 5]) {
      await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r"), createdAt: day(at) });
    }
    expect((await storage.getWorkflowRunById(W("r")))?.createdAt).toEqual(day(3));
  });
}
