import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };
const megabyte = "x".repeat(1_048_576);

function put(values: Record<string, unknown>): Promise<unknown> {
  return putAll(new WfloSaver({ database: memoryDatabase() }), thread, checkpointOf(values));
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { inner: value };
  return value;
}

// A byte becomes one value of a list in JSON.
test("a file of 1.1 MB inside an object can be saved", async () => {
  await expect(put({ file: { name: "a.pdf", data: new Uint8Array(1_100_000) } })).resolves.toBeDefined();
});

// An item of a list is stored as text, what is in an object as a tree.
test.each([199, 200])("what is too deep for an object is too deep for a list (%i levels)", async (levels) => {
  const tree = nested(levels);
  const outcomes = await Promise.allSettled(
    [{ tree }, { trees: [tree] }, { tree: { tree: 1 }, deep: tree }].map(put),
  );
  const expected = levels < 200 ? "fulfilled" : "rejected";
  expect(outcomes.map(({ status }) => status)).toEqual([expected, expected, expected]);
});

test.each([
  ["a long text", { text: megabyte.repeat(33) }],
  ["a deep value", { tree: nested(250) }],
  ["a Map with a symbol for a key", { map: new Map([[Symbol("s"), 1]]) }],
])("%s is refused as README says, by UnsavableChannelError", async (_, values) => {
  await expect(put(values)).rejects.toThrow(UnsavableChannelError);
});

test("a value of more than 32 MB is refused in a list, too", async () => {
  await expect(put({ texts: [megabyte.repeat(40)] })).rejects.toThrow(/texts/);
});

test("a pending write of more than 64 MB is refused", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const config = await putAll(saver, thread, checkpointOf({}));
  await expect(saver.putWrites(config, [["text", megabyte.repeat(70)]], "task")).rejects.toThrow(/text/);
});

test("writes of a task of more than 64 MB are refused", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const config = await putAll(saver, thread, checkpointOf({}));
  const writes = ["a", "b", "c"].map((name): [string, string] => [name, megabyte.repeat(22)]);
  await expect(saver.putWrites(config, writes, "task")).rejects.toThrow(
    /a takes 23 MB, and the writes of its task 67 MB/,
  );
});

// Only what is new is measured: else the thread could never go on.
test("a conversation of 66 MB may add a line", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const messages: string[] = [];
  let config: object = thread;
  for (let turn = 1; turn <= 3; turn++) {
    messages.push(`${turn}${megabyte.repeat(22)}`);
    config = await putAll(saver, config, checkpointOf({ messages: [...messages] }, turn));
  }
  expect(config).toBeDefined();
}, 120_000);
