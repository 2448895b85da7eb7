import { memoryDatabase } from "@wflo/core";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

/** Written like LangGraph's own, so that only what the saver does before it makes a difference. */
class Sealing extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, bytes] = await super.dumpsTyped(value);
    return [`x${type}`, bytes.map((byte) => byte ^ 1)];
  }
  override async loadsTyped(type: string, data: Uint8Array | string) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return (await super.loadsTyped(
      type.slice(1),
      bytes.map((byte) => byte ^ 1),
    )) as unknown;
  }
}

const serializers = [
  ["LangGraph's serializer", undefined],
  ["another one", new Sealing()],
] as const;

async function roundTrip(value: unknown, serde?: JsonPlusSerializer): Promise<unknown> {
  const saver = new WfloSaver({ database: memoryDatabase(), serde });
  const config = await putAll(saver, thread, checkpointOf({ value }));
  return (await saver.getTuple(config))?.checkpoint.channel_values["value"];
}

/** What LangGraph's serializer makes of the whole value. */
async function whole(value: unknown): Promise<unknown> {
  const serde = new JsonPlusSerializer();
  const [type, bytes] = await serde.dumpsTyped({ value });
  return ((await serde.loadsTyped(type, bytes)) as { value: unknown }).value;
}

const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key ${index}`, index]));
const functions: readonly (readonly [string, unknown])[] = [
  ["an item", [1, () => 1]],
  ["a part of a small object", { f: () => 1, a: 1 }],
  ["a part of a large object", { ...twelve, f: () => 1, s: Symbol("s") }],
  ["a part beside a growing list", { list: [1, 2, 3, 4, 5], f: () => 1 }],
  ["an entry of a Map", new Map([["f", () => 1]])],
];

for (const [name, serde] of serializers) {
  test.each(functions)(
    `a function that is %s is left out as LangGraph does, with ${name}`,
    async (_, value) => {
      expect(await roundTrip(value, serde)).toStrictEqual(await whole(value));
    },
  );
}
