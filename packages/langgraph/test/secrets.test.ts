import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a);

/** LangGraph's serializer with other methods: nothing it wrote can be read without them. */
function patched(): JsonPlusSerializer {
  const serde = new JsonPlusSerializer();
  const inner = new JsonPlusSerializer();
  serde.dumpsTyped = async (value: unknown) => {
    const [type, bytes] = await inner.dumpsTyped(value);
    return [type, flip(bytes)];
  };
  serde.loadsTyped = async (type: string, data: Uint8Array | string) => {
    return inner.loadsTyped(type, flip(typeof data === "string" ? new TextEncoder().encode(data) : data));
  };
  return serde;
}

test("a serializer of LangGraph whose methods were replaced by encrypting ones gets everything, keys too", async () => {
  const { database, texts } = countedDatabase();
  const values = {
    patient: { "Jane Roe": ["a", "b", "c", "d"], ssn: { "078-05-1120": [1, 2, 3, 4] } },
    seen: new Map([["secret", 1]]),
  };
  const saver = new WfloSaver({ database, serde: patched() });
  const config = await putAll(saver, thread, checkpointOf(values));
  expect(texts.filter((text) => /Jane|078-05|secret/.test(text))).toEqual([]);
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual(values);
});
