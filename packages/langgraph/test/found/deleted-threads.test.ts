import { uuid6 } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../../src/index.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };
const at = (id: string) => ({ configurable: { ...thread.configurable, checkpoint_id: id } });

// LangGraph puts the writes of a task and its checkpoint at once. The checkpoint is refused, as its parent is gone; the writes, whose
// checkpoint is newer than what was deleted, are stored after the delete, and nothing will ever show or delete them.
test("writes of a run whose thread was deleted are not stored, whichever comes first", async () => {
  const database = memoryDatabase();
  const saver = new WfloSaver({ database });
  const root = await putAll(saver, thread, checkpointOf({ a: 1 }));
  await saver.deleteThread("t");
  const next = checkpointOf({ a: 2 }, 2);
  const put = putAll(saver, root, next);
  const writes = saver.putWrites(at(next.id), [["a", "private"]], "task");
  await expect(put).rejects.toThrow(/deleted/);
  await writes.catch(() => {});
  expect(await database.checkpoints.deleteThread("default", "langgraph/t")).toBe(false);
});

// A host whose clock runs behind, or ids of another kind: the root of the new run is not there yet, and its id is smaller.
test("a new run of a deleted thread may put the writes of its root before the root", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const behind = uuid6(0);
  await putAll(saver, thread, checkpointOf({ a: 1 }));
  await saver.deleteThread("t");
  await expect(saver.putWrites(at(behind), [["a", 1]], "task")).resolves.toBeUndefined();
});
