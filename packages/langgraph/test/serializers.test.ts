import { memoryDatabase } from "@wflo/core";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

function putWith(dumped: unknown): Promise<unknown> {
  const serde = {
    dumpsTyped: () => Promise.resolve(dumped),
    loadsTyped: () => Promise.resolve(undefined),
  } as unknown as SerializerProtocol;
  const saver = new WfloSaver({ database: memoryDatabase(), serde });
  return putAll(saver, thread, checkpointOf({ notes: ["x"] }));
}

test.each([
  ["an ArrayBuffer", ["aes", new Uint8Array([255, 0, 1]).buffer]],
  ["other numbers", ["aes", new Float64Array([1.5])]],
  ["a text", ["aes", "text"]],
  ["a list of numbers", ["aes", [1, 2]]],
  ["no type", [undefined, new Uint8Array([1])]],
  ["nothing", undefined],
])(
  "a serializer that gives %s is refused with the path, instead of storing something else",
  async (_, dumped) => {
    const refused = putWith(dumped);
    await expect(refused).rejects.toThrow(UnsavableChannelError);
    await expect(refused).rejects.toThrow(/notes\[0\] .*dumpsTyped\(\) must resolve to \[type, Uint8Array\]/);
  },
);

test("a serializer may give a Buffer", async () => {
  await expect(putWith(["aes", Buffer.from([255, 0, 1])])).resolves.toBeDefined();
});
