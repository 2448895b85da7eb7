import { memoryDatabase, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

async function valuesAt(database: Database, config: object): Promise<unknown> {
  return (await new WfloSaver({ database }).getTuple(config))?.checkpoint.channel_values;
}

test("what the caller changes while the parent is read is not saved", async () => {
  const database = memoryDatabase();
  const root = await putAll(new WfloSaver({ database }), thread, checkpointOf({ notes: [] }));
  const notes = [{ text: "one" }];
  const more = { user: "a" };
  const put = putAll(new WfloSaver({ database }), root, checkpointOf({ notes }, 2), more);
  notes.push({ text: "late" });
  if (notes[0] !== undefined) notes[0].text = "changed";
  more.user = "b";
  const config = await put;
  expect(await valuesAt(database, config)).toEqual({ notes: [{ text: "one" }] });
  expect((await new WfloSaver({ database }).getTuple(config))?.metadata).toMatchObject({ user: "a" });
});

test("what the caller changes before a second attempt is not saved", async () => {
  const database = memoryDatabase();
  const saver = new WfloSaver({ database });
  const root = await putAll(saver, thread, checkpointOf({ notes: [{ text: "root" }] }));
  const notes = [{ text: "root" }, { text: "one" }];
  // Another process goes on with the same log, so that this put is tried twice.
  const other = new WfloSaver({ database });
  await putAll(other, root, checkpointOf({ notes: [{ text: "root" }, { text: "other" }] }, 2));
  const put = putAll(saver, root, checkpointOf({ notes }, 3));
  if (notes[1] !== undefined) notes[1].text = "changed";
  expect(await valuesAt(database, await put)).toEqual({ notes: [{ text: "root" }, { text: "one" }] });
});

test("a value that cannot be saved rejects the put only, also when the parent cannot be read", async () => {
  const memory = memoryDatabase();
  const broken = () => Promise.reject(new Error("away"));
  const database = { ...memory, checkpoints: { ...memory.checkpoints, get: broken } };
  const ring: unknown[] = [];
  ring.push(ring);
  const parent = { configurable: { ...thread.configurable, checkpoint_id: "1" } };
  await expect(putAll(new WfloSaver({ database }), parent, checkpointOf({ ring }))).rejects.toThrow("away");
});
