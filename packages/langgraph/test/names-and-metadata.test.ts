import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

async function tupleOf(values: Record<string, unknown>, more: object = {}) {
  const saver = new WfloSaver({ database: memoryDatabase() });
  return saver.getTuple(await putAll(saver, thread, checkpointOf(values), more));
}

// Databases keep neither: the version would be that of another channel.
test.each(["a\u0000b", "\ud800"])(
  "a channel or node whose name would become another is refused (%#)",
  async (name) => {
    await expect(tupleOf({ ab: 1, [name]: 2 })).rejects.toThrow(UnsavableChannelError);
    await expect(tupleOf({ ab: 1, [name]: 2 })).rejects.toThrow(JSON.stringify(name));
    const saver = new WfloSaver({ database: memoryDatabase() });
    const seen = { ...checkpointOf({ a: 1 }), versions_seen: { [name]: { a: 1 } } };
    await expect(putAll(saver, thread, seen)).rejects.toThrow(JSON.stringify(name));
    const config = await putAll(saver, thread, checkpointOf({}));
    await expect(saver.putWrites(config, [[name, 1]], "task")).rejects.toThrow(JSON.stringify(name));
  },
);

// LangGraph's serializer writes a sentence instead.
test("metadata that has no JSON is refused", async () => {
  await expect(tupleOf({}, { user: 1n })).rejects.toThrow(/metadata\.user is a bigint/);
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

test.each([250, 3_000, 20_000])("metadata of %i levels is refused", async (levels) => {
  await expect(tupleOf({}, { deep: nested(levels) })).rejects.toThrow(/metadata/);
  await expect(tupleOf({}, { deep: nested(levels) })).rejects.toThrow(UnsavableChannelError);
});

test("a put without newVersions, as older LangGraph made it, says what is missing", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const put = saver.put.bind(saver) as (...args: unknown[]) => Promise<unknown>;
  await expect(put(thread, checkpointOf({ a: 1 }), { source: "loop" })).rejects.toThrow(/newVersions/);
});

// As MemorySaver does.
test("a filter by undefined finds what has no such key, as many as the limit says", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const without: string[] = [];
  for (let index = 0; index < 240; index++) {
    const more = index % 3 === 0 ? {} : { user: index % 3 === 1 ? "a" : null };
    const checkpoint = checkpointOf({});
    if (index % 3 === 0) without.unshift(checkpoint.id);
    await putAll(saver, thread, checkpoint, { ...more, even: index % 2 === 0 });
  }
  const idsOf = async (options: Parameters<WfloSaver["list"]>[1]) => {
    const found: string[] = [];
    for await (const { checkpoint } of saver.list(thread, options)) found.push(checkpoint.id);
    return found;
  };
  const filter = { user: undefined };
  expect(await idsOf({ filter })).toEqual(without);
  expect(await idsOf({ filter, limit: 70 })).toEqual(without.slice(0, 70));
  expect(await idsOf({ filter: { ...filter, even: true }, limit: 1 })).toEqual([without[1]]);
});

test.each([1.5, Number.NaN])("a limit of %d is refused, on every database alike", async (limit) => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  await expect(saver.list(thread, { limit }).next()).rejects.toThrow(/limit of list\(\) is a whole number/);
});

test("metadata of more than 16 MB is refused", async () => {
  await expect(tupleOf({}, { note: "x".repeat(17 * 1_048_576) })).rejects.toThrow(/metadata takes 18 MB/);
});
