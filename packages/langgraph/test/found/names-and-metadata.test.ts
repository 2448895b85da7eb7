import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../../src/index.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

async function tupleOf(values: Record<string, unknown>, more: object = {}) {
  const saver = new WfloSaver({ database: memoryDatabase() });
  return saver.getTuple(await putAll(saver, thread, checkpointOf(values), more));
}

// The versions are cleaned for jsonb with their names, the values are not: they part, and two names become one.
test.each(["a\u0000b", "\ud800"])("a channel of any name keeps its version (%#)", async (name) => {
  const values = { ab: 1, [name]: 2 };
  expect((await tupleOf(values))?.checkpoint.channel_versions).toEqual({ ab: 1, [name]: 1 });
});

// LangGraph's serializer writes a sentence instead, and that is the metadata from then on.
test("metadata that has no JSON is refused", async () => {
  await expect(tupleOf({}, { user: 1n })).rejects.toThrow(/metadata/);
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

test("metadata that is too deep is refused", async () => {
  await expect(tupleOf({}, { deep: nested(3_000) })).rejects.toThrow(/metadata/);
});

test("a put without newVersions, as older LangGraph made it, says what is missing", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const put = saver.put.bind(saver) as (...args: unknown[]) => Promise<unknown>;
  await expect(put(thread, checkpointOf({ a: 1 }), { source: "loop" })).rejects.toThrow(/newVersions/);
});

// `undefined` is written as what LangGraph's serializer makes of it. MemorySaver finds those that have no such key.
test("a filter by undefined finds what has no such key", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  await putAll(saver, thread, checkpointOf({}));
  const found: unknown[] = [];
  for await (const tuple of saver.list(thread, { filter: { user: undefined } })) found.push(tuple);
  expect(found).toHaveLength(1);
});

test("a limit that is no whole number is refused or understood, alike on every database", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  let config = await putAll(saver, thread, checkpointOf({}));
  for (let step = 0; step < 3; step++) config = await putAll(saver, config, checkpointOf({}));
  await expect(saver.list(thread, { limit: 1.5 }).next()).rejects.toThrow(/limit/);
});
