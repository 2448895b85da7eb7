import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

/** Writes the same value differently each time. */
class Sealing extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, bytes] = await super.dumpsTyped(value);
    return [`${Math.random()} ${type}`, bytes.map((byte) => byte ^ 1)];
  }
  override async loadsTyped(name: string, data: Uint8Array | string): Promise<unknown> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return super.loadsTyped(
      name.split(" ")[1] ?? "",
      bytes.map((byte) => byte ^ 1),
    );
  }
}

const serializers = [
  ["LangGraph's serializer", undefined],
  ["an encrypting one", new Sealing()],
] as const;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => Math.sin(index));

for (const [name, serde] of serializers) {
  test(`an embedding of 1,536 numbers is not 1,536 elements, with ${name}`, async () => {
    const memory = memoryDatabase();
    const { checkpoints } = memory;
    let elements = 0;
    const put: typeof checkpoints.put = (request) => {
      elements += request.elements.length;
      return checkpoints.put(request);
    };
    const database = { ...memory, checkpoints: { ...checkpoints, put } };
    const values = { embedding: numbers(1_536), near: { vector: [...numbers(700), null, true] } };
    const config = await putAll(new WfloSaver({ database, serde }), thread, checkpointOf(values));
    expect(elements).toBeLessThan(20);
    const tuple = await new WfloSaver({ database, serde }).getTuple(config);
    expect(tuple?.checkpoint.channel_values).toEqual(values);
  });

  test(`a list of numbers takes what it adds, with ${name}`, async () => {
    const { database, bytes } = countedDatabase();
    const saver = new WfloSaver({ database, serde });
    let config: object = thread;
    const sizes: number[] = [];
    for (let turn = 1; turn <= 120; turn++) {
      const values = { scores: numbers(turn * 40), last: { scores: numbers(turn * 40) } };
      config = await putAll(saver, config, checkpointOf(values, turn));
      if (turn % 40 === 0) sizes.push(bytes());
    }
    const [early = 0, , late = 0] = sizes;
    // The square would be 9.
    expect(late / early).toBeLessThan(4.5);
    expect((await new WfloSaver({ database, serde }).getTuple(config))?.checkpoint.channel_values).toEqual({
      scores: numbers(4_800),
      last: { scores: numbers(4_800) },
    });
  });
}

test("a number that JSON has not is saved as LangGraph's serializer has it, wherever it stands", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const around = (number: number | null) => ({
    whole: number,
    list: ["a", number],
    map: new Map([["a", number]]),
    large: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key ${index}`, number])),
    besideBytes: { like: { type: "Buffer", data: [1] }, number },
  });
  const config = await putAll(saver, thread, checkpointOf(around(Number.NaN)));
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual(around(null));
  await saver.putWrites(config, [["whole", Number.NaN]], "task");
  expect((await saver.getTuple(config))?.pendingWrites).toEqual([["task", "whole", null]]);
});
