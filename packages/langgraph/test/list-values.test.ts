import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

async function listed(values: Record<string, unknown>, write: unknown): Promise<unknown> {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const config = await putAll(saver, thread, checkpointOf(values));
  await saver.putWrites(config, [["log", write]], "task");
  for await (const { checkpoint, pendingWrites } of saver.list(thread)) {
    return [checkpoint.channel_values, pendingWrites?.[0]?.[2]];
  }
  return undefined;
}

test("a list tells a text from a list of that text, in values and in writes", async () => {
  const values = { answer: "x", items: [["x"], 1], last: "saw" };
  expect(await listed(values, ["saw"])).toEqual([values, ["saw"]]);
});

test("a list keeps equal objects of a Set apart", async () => {
  const values = { set: new Set([{ a: 1 }, { a: 1 }]) };
  expect(await listed(values, 0)).toEqual([values, 0]);
});

test("a list shares no object between two channels of one checkpoint", async () => {
  const [values] = (await listed({ one: { n: 1 }, other: { n: 1 } }, 0)) as [Record<string, unknown>];
  expect(values["one"]).not.toBe(values["other"]);
});

test("a list puts nothing of one checkpoint into the empty object of another", async () => {
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key ${index}`, index]));
  const large = { ...many, sources: { found: ["a", "b", "c", "d"] } };
  const saver = new WfloSaver({ database: memoryDatabase() });
  const root = await putAll(saver, thread, checkpointOf({ plan: {} }));
  await putAll(saver, root, checkpointOf({ large }, 2));
  const values: unknown[] = [];
  for await (const { checkpoint } of saver.list(thread)) values.push(checkpoint.channel_values);
  expect(values).toEqual([{ large }, { plan: {} }]);
});
