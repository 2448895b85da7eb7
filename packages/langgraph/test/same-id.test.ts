import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

// The official Postgres saver keeps them: its values belong to the version, which did not change.
test("a root that is put again without new versions keeps its values", async () => {
  const database = memoryDatabase();
  const saver = new WfloSaver({ database });
  const root = checkpointOf({ notes: ["a"] });
  await putAll(saver, thread, root);
  const config = await saver.put(thread, root, { source: "update", step: 1, parents: {} }, {});
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual({ notes: ["a"] });
});
