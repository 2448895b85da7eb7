import type { WorkflowsStorage } from "@mastra/core/storage";
import { expect, test } from "vitest";
import { day, ids, stateOf, W, workflowName } from "./workflows-storage-samples.ts";

/** Runs of two workflows, one a day, of two resources, with three states. */
export async function tenRuns(storage: WorkflowsStorage): Promise<void> {
  const statuses = ["success", "running", "suspended"];
  for (let at = 0; at < 10; at += 1) {
    await storage.persistWorkflowSnapshot({
      workflowName: at % 5 === 4 ? "other" : workflowName,
      runId: `r${at}`,
      resourceId: at % 2 === 0 ? "even" : "odd",
      snapshot: stateOf(`r${at}`, { status: statuses[at % 3] }),
      createdAt: day(at),
      updatedAt: day(at + 1),
    });
  }
}

const suspendedIn = (threadId: string) => ({
  status: "suspended",
  context: {
    input: {},
    agent: {
      status: "suspended",
      suspendPayload: { __streamState: { messageList: { memoryInfo: { threadId } } } },
    },
  },
});

/** Lists of runs. */
export function listCases(open: () => Promise<WorkflowsStorage>): void {
  test("lists by workflow, status, resource and dates, the last created first", async () => {
    const storage = await open();
    await tenRuns(storage);
    const all = ["r9", "r8", "r7", "r6", "r5", "r4", "r3", "r2", "r1", "r0"];
    const list = async (input: Parameters<WorkflowsStorage["listWorkflowRuns"]>[0]) => {
      const found = await storage.listWorkflowRuns(input);
      expect(found.total).toBe(found.runs.length);
      return ids(found);
    };
    expect(await list(undefined)).toEqual(all);
    expect(await list({ workflowName: "other" })).toEqual(["r9", "r4"]);
    expect(await list({ status: "suspended" })).toEqual(["r8", "r5", "r2"]);
    expect(await list({ status: "failed" })).toEqual([]);
    expect(await list({ resourceId: "odd" })).toEqual(["r9", "r7", "r5", "r3", "r1"]);
    expect(await list({ resourceId: "odd", workflowName, status: "running" })).toEqual(["r7", "r1"]);
    expect(await list({ fromDate: day(7) })).toEqual(["r9", "r8", "r7"]);
    expect(await list({ toDate: day(1) })).toEqual(["r1", "r0"]);
    expect(await list({ fromDate: day(2), toDate: day(4), workflowName })).toEqual(["r3", "r2"]);
    expect(await list({ fromDate: day(20) })).toEqual([]);
    expect(await list({ toDate: new Date(day(0).getTime() - 1) })).toEqual([]);
  });

  test("lists in pages, with the number of all that fit", async () => {
    const storage = await open();
    await tenRuns(storage);
    const list = async (input: Parameters<WorkflowsStorage["listWorkflowRuns"]>[0]) => {
      const found = await storage.listWorkflowRuns(input);
      return [ids(found), found.total];
    };
    expect(await list({ page: 0, perPage: 4 })).toEqual([["r9", "r8", "r7", "r6"], 10]);
    expect(await list({ page: 2, perPage: 4 })).toEqual([["r1", "r0"], 10]);
    expect(await list({ page: 3, perPage: 4 })).toEqual([[], 10]);
    expect(await list({ page: 1, perPage: 5 })).toEqual([["r4", "r3", "r2", "r1", "r0"], 10]);
    expect(await list({ page: 2, perPage: 5 })).toEqual([[], 10]);
    expect(await list({ page: 0, perPage: 0 })).toEqual([[], 10]);
    expect(await list({ workflowName, page: 1, perPage: 3 })).toEqual([["r5", "r3", "r2"], 8]);
    expect(await list({ fromDate: day(3), resourceId: "odd", page: 1, perPage: 2 })).toEqual([
      ["r5", "r3"],
      4,
    ]);
    // Both numbers make a page; one alone, or false, does not.
    for (const input of [{ perPage: 3 }, { page: 1 }, { page: 0, perPage: false as const }]) {
      expect((await list(input))[0]).toHaveLength(10);
    }
  });

  test("lists runs of years before 1970 by their dates, too", async () => {
    const storage = await open();
    const at = (ms: number) => new Date(ms);
    for (const ms of [-86_400_000 * 400, -5, -1, 0, 5]) {
      const snapshot = stateOf(`r${ms}`);
      await storage.persistWorkflowSnapshot({
        ...W(`r${ms}`),
        snapshot,
        createdAt: at(ms),
        updatedAt: at(ms),
      });
    }
    const list = async (input: Parameters<WorkflowsStorage["listWorkflowRuns"]>[0]) =>
      ids(await storage.listWorkflowRuns(input));
    expect(await list({})).toEqual(["r5", "r0", "r-1", "r-5", "r-34560000000"]);
    expect(await list({ fromDate: at(-1) })).toEqual(["r5", "r0", "r-1"]);
    expect(await list({ toDate: at(-1) })).toEqual(["r-1", "r-5", "r-34560000000"]);
    expect(await list({ fromDate: at(-5), toDate: at(0) })).toEqual(["r0", "r-1", "r-5"]);
  });

  test("a run is listed with the status it has now", async () => {
    const storage = await open();
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r", { status: "running" }) });
    await storage.persistWorkflowSnapshot({ ...W("r"), snapshot: stateOf("r", { status: "suspended" }) });
    await storage.updateWorkflowState({ ...W("r"), opts: { status: "canceled" } });
    for (const status of ["running", "suspended"] as const) {
      expect((await storage.listWorkflowRuns({ status })).total).toBe(0);
    }
    expect(ids(await storage.listWorkflowRuns({ status: "canceled" }))).toEqual(["r"]);
    expect((await storage.listWorkflowRuns()).total).toBe(1);
  });

  test("finds the runs that an agent of a thread of memory waits in", async () => {
    const storage = await open();
    for (const [runId, threadId] of [
      ["r1", "t1"],
      ["r2", "t2"],
    ] as const) {
      await storage.persistWorkflowSnapshot({ ...W(runId), snapshot: stateOf(runId, suspendedIn(threadId)) });
    }
    const durable = { input: { messageListState: { memoryInfo: { threadId: "t1" } } } };
    await storage.persistWorkflowSnapshot({ ...W("r3"), snapshot: stateOf("r3", { context: durable }) });
    const found = ids(await storage.listWorkflowRuns({ threadId: "t1" }));
    expect(found.toSorted()).toEqual(["r1", "r3"]);
  });
}
