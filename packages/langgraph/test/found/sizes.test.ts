import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../../src/index.ts";
import { countedDatabase } from "../counted-database.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";

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

// A byte becomes one value of a list in JSON, and the engine refuses more than a million values; beside a text it is "nothing to save".
test("a file of 1.1 MB inside an object can be saved", async () => {
  await expect(put({ file: { name: "a.pdf", data: new Uint8Array(1_100_000) } })).resolves.toBeDefined();
});

// An item of a list is stored as text, without that limit.
test("what is too deep for an object is too deep for a list", async () => {
  const outcomes = await Promise.allSettled([put({ tree: nested(250) }), put({ trees: [nested(250)] })]);
  expect(new Set(outcomes.map(({ status }) => status)).size).toBe(1);
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

test("metadata of more than 64 MB is refused", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const more = { note: megabyte.repeat(70) };
  await expect(putAll(saver, thread, checkpointOf({}), more)).rejects.toThrow(/metadata/);
});

// The size of all of the channel is measured, though one item is new: the thread can never go on.
test("a conversation of 66 MB may add a line", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const messages: string[] = [];
  let config: object = thread;
  for (let turn = 1; turn <= 6; turn++) {
    messages.push(`${turn}${megabyte.repeat(11)}`);
    config = await putAll(saver, config, checkpointOf({ messages: [...messages] }, turn));
  }
  expect(config).toBeDefined();
}, 60_000);

// Each number is an element of its own; PostgreSQL takes 70 bytes for a row of 18 characters.
test("an embedding of 1,536 numbers is not 1,536 elements", async () => {
  const { database } = countedDatabase();
  const { checkpoints } = database;
  let elements = 0;
  const counting = {
    ...database,
    checkpoints: {
      ...checkpoints,
      put(...[request]: Parameters<typeof checkpoints.put>) {
        elements += request.elements.length;
        return checkpoints.put(request);
      },
    },
  };
  const embedding = Array.from({ length: 1_536 }, (_, index) => Math.sin(index));
  await putAll(new WfloSaver({ database: counting }), thread, checkpointOf({ embedding }));
  expect(elements).toBeLessThan(100);
});
