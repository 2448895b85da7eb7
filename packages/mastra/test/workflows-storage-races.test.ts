import { memoryDatabase, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { stateOf, success } from "./workflows-storage-samples.ts";
import { newStorage } from "./workflows-storage-stores.ts";

const KEY = { workflowName: "w", runId: "r" };
const TENANT = "races";

/** A database on which something happens after a run was read next, before its reader goes on. */
function interrupted(): {
  readonly database: Database;
  readonly interrupt: (work: () => Promise<unknown>) => void;
} {
  const memory = memoryDatabase();
  let next: (() => Promise<unknown>) | undefined;
  const get: Database["checkpoints"]["get"] = async (tenant, place) => {
    const stored = await memory.checkpoints.get(tenant, place);
    const work = next;
    next = undefined;
    await work?.();
    return stored;
  };
  const database = { ...memory, checkpoints: { ...memory.checkpoints, get } };
  return { database, interrupt: (work) => (next = work) };
}

test("of many processes that take a suspended run one does", async () => {
  const database = memoryDatabase();
  const storages = await Promise.all(Array.from({ length: 6 }, () => newStorage(database, TENANT)));
  await storages[0]?.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { status: "suspended" }) });
  const opts = { status: "running", expectedStatus: "suspended" } as const;
  const taken = await Promise.all(storages.map((storage) => storage.updateWorkflowState({ ...KEY, opts })));
  expect(taken.filter((state) => state !== undefined)).toHaveLength(1);
});

test("of many processes that make one run each writes the same", async () => {
  const database = memoryDatabase();
  const storages = await Promise.all(Array.from({ length: 6 }, () => newStorage(database, TENANT)));
  await Promise.all(
    storages.map((storage, at) =>
      storage.updateWorkflowResults({ ...KEY, stepId: `s${at}`, result: success(at), requestContext: {} }),
    ),
  );
  const { runs, total } = await (await newStorage(database, TENANT)).listWorkflowRuns();
  expect(total).toBe(1);
  const context = (runs[0]?.snapshot as { readonly context: object } | undefined)?.context ?? {};
  expect(Object.keys(context).toSorted()).toEqual(storages.map((_, at) => `s${at}`));
});

test("of many processes that make one small run at once one makes it, and the others save it", async () => {
  const database = memoryDatabase();
  const storages = await Promise.all(Array.from({ length: 6 }, () => newStorage(database, TENANT)));
  const snapshot = { status: "pending" } as never;
  await Promise.all(storages.map((storage) => storage.persistWorkflowSnapshot({ ...KEY, snapshot })));
  expect((await storages[0]?.listWorkflowRuns())?.total).toBe(1);
});

test("what is saved without waiting ends as it was said last", async () => {
  const storage = await newStorage(memoryDatabase());
  const saves = Array.from({ length: 20 }, (_, at) =>
    storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { timestamp: at, value: { at } }) }),
  );
  await Promise.all(saves);
  expect((await storage.loadWorkflowSnapshot(KEY))?.value).toEqual({ at: 19 });
});

test("a result that comes while another process ends the run, and sweeps it, is added to the end", async () => {
  const { database, interrupt } = interrupted();
  const [one, other] = [await newStorage(database, TENANT), await newStorage(database, TENANT)];
  for (const at of [1, 2, 3]) {
    await other.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { timestamp: at }) });
  }
  const end = stateOf("r", {
    status: "success",
    context: { input: {}, last: success("x".repeat(100)) },
    result: 1,
  });
  interrupt(() => other.persistWorkflowSnapshot({ ...KEY, snapshot: end }));
  await one.updateWorkflowResults({ ...KEY, stepId: "late", result: success("late"), requestContext: {} });
  expect(await one.loadWorkflowSnapshot(KEY)).toEqual({
    ...end,
    context: { ...end.context, late: success("late") },
  });
});

test("a change of a run that is deleted meanwhile does not bring it back", async () => {
  const { database, interrupt } = interrupted();
  const [one, other] = [await newStorage(database, TENANT), await newStorage(database, TENANT)];
  await one.persistWorkflowSnapshot({ ...KEY, resourceId: "me", snapshot: stateOf("r") });
  interrupt(() => other.deleteWorkflowRunById(KEY));
  expect(await one.updateWorkflowState({ ...KEY, opts: { status: "canceled" } })).toBeUndefined();
  expect(await one.loadWorkflowSnapshot(KEY)).toBeNull();
});

test("a run that is deleted and made again elsewhere is saved as what it is now", async () => {
  const database = memoryDatabase();
  const [one, other] = [await newStorage(database, TENANT), await newStorage(database, TENANT)];
  await one.persistWorkflowSnapshot({
    ...KEY,
    resourceId: "me",
    snapshot: stateOf("r"),
    createdAt: new Date(1_000),
  });
  await other.deleteWorkflowRunById(KEY);
  await other.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r"), createdAt: new Date(5_000) });
  await one.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { status: "success" }) });
  const { runs } = await other.listWorkflowRuns();
  expect(runs).toMatchObject([{ createdAt: new Date(5_000), snapshot: { status: "success" } }]);
  expect(runs[0]).not.toHaveProperty("resourceId");
});

test("a run is found again after it was deleted elsewhere, and saved as a new one", async () => {
  const database = memoryDatabase();
  const [one, other] = [await newStorage(database, TENANT), await newStorage(database, TENANT)];
  await one.persistWorkflowSnapshot({ ...KEY, resourceId: "me", snapshot: stateOf("r") });
  await other.deleteWorkflowRunById(KEY);
  await one.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { status: "waiting" }) });
  expect((await other.listWorkflowRuns()).runs).toMatchObject([
    { snapshot: stateOf("r", { status: "waiting" }) },
  ]);
});
