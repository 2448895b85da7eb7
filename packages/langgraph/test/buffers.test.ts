import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };
const bytes = new Uint8Array([1, 2, 255]);

/** Every place that a value may stand in. */
function around(part: unknown): Record<string, unknown> {
  return {
    whole: part,
    list: [part, "a"],
    small: { part },
    large: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key ${index}`, part])),
    deep: { parts: [1, 2, "x", { part }] },
    map: new Map([["a", part]]),
    set: new Set([part]),
    inMap: { map: new Map([["a", [part]]]) },
  };
}

class Derived extends JsonPlusSerializer {}

test.each([
  ["LangGraph's serializer", undefined],
  ["one that is made of it", new Derived()],
])("a Buffer comes back as bytes wherever it stands, with %s", async (_, serde) => {
  const saver = new WfloSaver({ database: memoryDatabase(), serde });
  const given = around(Buffer.from(bytes));
  const config = await putAll(saver, thread, checkpointOf(given));
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toStrictEqual(around(bytes));
  expect(given).toStrictEqual(around(Buffer.from(bytes)));
  await saver.putWrites(config, [["a", [Buffer.from(bytes)]]], "task");
  expect((await saver.getTuple(config))?.pendingWrites).toStrictEqual([["task", "a", [bytes]]]);
});

test("an object that looks like a Buffer stays one", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const values = { like: { type: "Buffer", data: [1] }, list: [{ type: "Buffer", data: [1] }] };
  const config = await putAll(saver, thread, checkpointOf(values));
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toStrictEqual(values);
});
