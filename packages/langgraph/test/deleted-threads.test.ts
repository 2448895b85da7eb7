import { uuid6 } from "@langchain/langgraph-checkpoint";
import { memoryDatabase, ThreadDeletedError } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };
const at = (id: string) => ({ configurable: { ...thread.configurable, checkpoint_id: id } });

// LangGraph puts the writes of a task and its checkpoint at once. The checkpoint is refused, as its parent is gone; the writes are beside one
// that is newer than all that was deleted.
test.each(["the checkpoint", "the writes"])(
  "nothing of a run whose thread was deleted is stored, though %s come first",
  async (first) => {
    const database = memoryDatabase();
    const saver = new WfloSaver({ database });
    const root = await putAll(saver, thread, checkpointOf({ a: 1 }));
    await saver.deleteThread("t");
    const next = checkpointOf({ a: 2 }, 2);
    const write = () => saver.putWrites(at(next.id), [["a", "private"]], "task");
    const early = first === "the writes" ? write() : undefined;
    const put = putAll(saver, root, next);
    const beside = write().catch(() => {});
    await expect(put).rejects.toThrow(ThreadDeletedError);
    await Promise.all([early, beside]);
    await expect(write()).rejects.toThrow(ThreadDeletedError);
    await expect(putAll(saver, at(next.id), checkpointOf({ a: 3 }, 3))).rejects.toThrow(ThreadDeletedError);
    expect(await database.checkpoints.deleteThread("default", "langgraph/t")).toBe(false);
  },
);

// A host whose clock runs behind, or ids of another kind: the root of the new run is not there yet, and its id is smaller.
test("a new run of a deleted thread may put writes while the checkpoints before them are under way", async () => {
  const database = memoryDatabase();
  const { checkpoints } = database;
  const slow: typeof checkpoints.put = async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return checkpoints.put(request);
  };
  const saver = new WfloSaver({ database: { ...database, checkpoints: { ...checkpoints, put: slow } } });
  const [first, second] = [uuid6(0), uuid6(1)];
  await putAll(saver, thread, checkpointOf({ a: 1 }));
  await saver.deleteThread("t");
  const root = putAll(saver, thread, { ...checkpointOf({ a: 1 }), id: first });
  const chained = root.then((config) => putAll(saver, config, { ...checkpointOf({ a: 2 }, 2), id: second }));
  await Promise.all([
    saver.putWrites(at(first), [["a", 1]], "task"),
    saver.putWrites(at(second), [["a", 2]], "task"),
    chained,
  ]);
  expect((await saver.getTuple(at(second)))?.pendingWrites).toEqual([["task", "a", 2]]);
  expect((await saver.getTuple(at(first)))?.pendingWrites).toEqual([["task", "a", 1]]);
});
