import { InvalidOptionError, memoryDatabase, StoreUnavailableError, type Database } from "@wflo/core";
import { InMemoryStore } from "@mastra/core/storage";
import { postgres } from "@wflo/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { WfloWorkflowsStorage } from "../src/storage/wflo-workflows-storage.ts";
import { stateOf, success } from "./workflows-storage-samples.ts";
import { hostileCases } from "./workflows-storage-hostile-cases.ts";
import { newStorage } from "./workflows-storage-stores.ts";

const KEY = { workflowName: "w", runId: "r" };

describe("a storage in memory", () => {
  hostileCases(() => newStorage(memoryDatabase()));
});

test.each([
  ["the result of one step", { a: success("x".repeat(34_000_000)) }, "context.a", "32 MB"],
  [
    "all of them together",
    Object.fromEntries(["a", "b", "c"].map((step) => [step, "x".repeat(25_000_000)])),
    "context",
    "64 MB",
  ],
])("names what takes too much: %s", async (_, context, path, most) => {
  const storage = await newStorage(memoryDatabase());
  const saved = storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r", { context }) });
  await expect(saved).rejects.toMatchObject({
    code: "WFLO_UNSAVABLE_VALUE",
    path,
    what: expect.stringContaining(most) as unknown,
  });
  expect(await storage.loadWorkflowSnapshot(KEY)).toBeNull();
});

test.each([undefined, null, "postgres://localhost", new InMemoryStore()])(
  "is not made of what is no database of wflo: %#",
  (database) => {
    expect(() => new WfloWorkflowsStorage({ database: database as never })).toThrow(InvalidOptionError);
  },
);

/** A database that does not answer the next times it is asked something after `leave`. */
function away(): { readonly database: Database; readonly leave: (times: number) => void } {
  const memory = memoryDatabase();
  let missing = 0;
  const answers = Object.entries(memory.checkpoints).map(([name, method]) => {
    const ask = async (...args: unknown[]): Promise<unknown> => {
      if (missing > 0) {
        missing -= 1;
        throw new StoreUnavailableError("connection refused");
      }
      return (method as (...args: unknown[]) => unknown)(...args);
    };
    return [name, ask] as const;
  });
  const checkpoints = Object.fromEntries(answers) as unknown as Database["checkpoints"];
  return { database: { ...memory, checkpoints }, leave: (times) => (missing = times) };
}

const next = stateOf("r", { status: "success" });
const asks: Readonly<Record<string, (storage: WfloWorkflowsStorage) => Promise<unknown>>> = {
  persistWorkflowSnapshot: (storage) => storage.persistWorkflowSnapshot({ ...KEY, snapshot: next }),
  updateWorkflowResults: (storage) =>
    storage.updateWorkflowResults({ ...KEY, stepId: "a", result: success(1), requestContext: {} }),
  updateWorkflowState: (storage) => storage.updateWorkflowState({ ...KEY, opts: { status: "failed" } }),
  loadWorkflowSnapshot: (storage) => storage.loadWorkflowSnapshot(KEY),
  listWorkflowRuns: (storage) => storage.listWorkflowRuns({ page: 1, perPage: 1 }),
  getWorkflowRunById: (storage) => storage.getWorkflowRunById({ runId: "r" }),
  deleteWorkflowRunById: (storage) => storage.deleteWorkflowRunById(KEY),
  dangerouslyClearAll: (storage) => storage.dangerouslyClearAll(),
  init: (storage) => storage.init(),
};

test.concurrent.each(Object.entries(asks))(
  "%s waits for a database that is away for a moment",
  async (_, ask) => {
    const { database, leave } = away();
    const storage = await newStorage(database);
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r") });
    leave(1);
    await expect(ask(storage)).resolves.not.toBe("never");
  },
);

test.concurrent.each(Object.entries(asks))(
  "%s says that the database stays away, and can be called again",
  async (_, ask) => {
    const { database, leave } = away();
    const storage = await newStorage(database);
    await storage.persistWorkflowSnapshot({ ...KEY, snapshot: stateOf("r") });
    leave(1_000);
    await expect(ask(storage)).rejects.toThrow(StoreUnavailableError);
    leave(0);
    await expect(ask(storage)).resolves.not.toBe("never");
  },
);

test("a server that is not there is told as such", async () => {
  const database = postgres({ url: "postgres://nobody@127.0.0.1:1/none" });
  onTestFinished(() => database.close());
  await expect(new WfloWorkflowsStorage({ database }).init()).rejects.toThrow(StoreUnavailableError);
});
