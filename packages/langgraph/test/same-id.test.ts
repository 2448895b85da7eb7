import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

/** A checkpoint that is put twice: its values differ, its versions and metadata do not. */
function twice(
  before: readonly string[],
  version: number,
): readonly [Checkpoint, Checkpoint, (text: string) => string[]] {
  const notes = (text: string) => [...before, text];
  const first = checkpointOf({ notes: notes("first") }, version);
  return [first, { ...first, channel_values: { notes: notes("second") } }, notes];
}

// The manifest and the pieces are the same: they name places, and not what is written there.
test("a checkpoint that is put again with other values has those", async () => {
  const database = memoryDatabase();
  const saver = new WfloSaver({ database });
  const root = await putAll(saver, thread, checkpointOf({ notes: ["root"] }));
  const [first, second, notes] = twice(["root"], 2);
  await putAll(saver, root, first);
  const config = await putAll(saver, root, second);
  const tuple = await new WfloSaver({ database }).getTuple(config);
  expect(tuple?.checkpoint.channel_values).toEqual({ notes: notes("second") });
});

// Nor does the saver remember as stored what is not.
test("what goes on from a checkpoint that was put again has its values", async () => {
  const database = memoryDatabase();
  const [first, second, notes] = twice([], 1);
  await putAll(new WfloSaver({ database }), thread, first);
  const saver = new WfloSaver({ database });
  const config = await putAll(saver, thread, second);
  const next = await putAll(saver, config, checkpointOf({ notes: [...notes("second"), "more"] }, 2));
  const tuple = await new WfloSaver({ database }).getTuple(next);
  expect(tuple?.checkpoint.channel_values).toEqual({ notes: ["second", "more"] });
});

// The official Postgres saver keeps them: its values belong to the version, which did not change.
test("a root that is put again without new versions keeps its values", async () => {
  const database = memoryDatabase();
  const saver = new WfloSaver({ database });
  const root = checkpointOf({ notes: ["a"] });
  await putAll(saver, thread, root);
  const config = await saver.put(thread, root, { source: "update", step: 1, parents: {} }, {});
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual({ notes: ["a"] });
});
