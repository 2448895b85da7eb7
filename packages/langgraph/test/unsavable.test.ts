import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

async function roundTrip(value: unknown): Promise<unknown> {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const config = await putAll(saver, thread, checkpointOf({ value }));
  return (await saver.getTuple(config))?.checkpoint.channel_values["value"];
}

test("a Map that contains itself is refused with its path", async () => {
  const map = new Map<string, unknown>();
  map.set("self", map);
  await expect(roundTrip(map)).rejects.toThrow(/value\.self.* contains itself/);
  await expect(roundTrip({ map })).rejects.toThrow(/value\.map\.get\(self\) contains itself/);
});

test("a Set that contains itself is refused with its path", async () => {
  const set = new Set<unknown>();
  set.add({ set });
  await expect(roundTrip({ set })).rejects.toThrow(/value\.set\.item\.set contains itself/);
});

test.each([1n, [1, 2n], { a: { b: 1n } }])(
  "a bigint is refused, not replaced by a sentence (%#)",
  async (value) => {
    await expect(roundTrip(value)).rejects.toThrow(UnsavableChannelError);
    await expect(roundTrip(value)).rejects.toThrow(/value.* bigint/);
  },
);

test("the sentence itself may be saved", async () => {
  const sentence = "[unable to serialize, circular reference is too complex to analyze]";
  expect(await roundTrip([sentence])).toEqual([sentence]);
});

test("a Map whose keys have no text is saved, also beside the word for what contains itself", async () => {
  const key: unknown = Object.create(null);
  const value = (itself: unknown) => [new Map([[key, "[Circular]"]]), itself];
  expect(await roundTrip(value("b"))).toEqual([new Map([[{}, "[Circular]"]]), "b"]);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  await expect(roundTrip([new Map([[key, cycle]])])).rejects.toThrow(
    /value\[0\]\.get\(.\)\[0\] contains itself/,
  );
});
