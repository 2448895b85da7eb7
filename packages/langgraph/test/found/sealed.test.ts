import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { WfloSaver } from "../../src/index.ts";
import { countedDatabase } from "../counted-database.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";

const newThread = () => ({ configurable: { thread_id: crypto.randomUUID(), checkpoint_ns: "" } });

/** Writes the same value differently each time, and reads what its key wrote. */
class Sealing extends JsonPlusSerializer {
  key = 1;
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, bytes] = await super.dumpsTyped(value);
    const iv = Math.floor(Math.random() * 2 ** 32).toString(36);
    return [`sealed:${this.key}:${iv}:${type}`, bytes.map((byte) => byte ^ this.key)];
  }
  override async loadsTyped(name: string, data: Uint8Array | string): Promise<unknown> {
    const [, key, , type = ""] = name.split(":");
    if (Number(key) !== this.key) throw new Error("The key is gone.");
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return super.loadsTyped(
      type,
      bytes.map((byte) => byte ^ this.key),
    );
  }
}

// Sealed parts are remembered for the whole saver: whoever reads the tables sees who said the same as whom.
test.each([["a list", { answers: ["yes"] }] as const, ["a value", { flag: true }] as const])(
  "two threads with %s that is equal have nothing in common in the tables",
  async (_, values) => {
    const { database, texts } = countedDatabase();
    const saver = new WfloSaver({ database, serde: new Sealing() });
    await putAll(saver, newThread(), checkpointOf(values));
    await putAll(saver, newThread(), checkpointOf(values));
    const sealed = texts.filter((text) => text.includes("sealed:"));
    expect(sealed).toHaveLength(2);
    expect(new Set(sealed).size).toBe(2);
  },
);

test("what is saved after the key of a serializer changed is sealed with the new one", async () => {
  const { database } = countedDatabase();
  const serde = new Sealing();
  const saver = new WfloSaver({ database, serde });
  await putAll(saver, newThread(), checkpointOf({ notes: ["hello"] }));
  serde.key = 2;
  const config = await putAll(saver, newThread(), checkpointOf({ notes: ["hello"] }));
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual({ notes: ["hello"] });
});

test("what old checkpoints have beside their channels is not stored readable", async () => {
  const { database, texts } = countedDatabase();
  const saver = new WfloSaver({ database, serde: new Sealing() });
  const old = { ...checkpointOf({ a: 1 }), v: 1, pending_sends: [{ node: "n", args: "secret" }] };
  await putAll(saver, newThread(), old);
  expect(texts.filter((text) => text.includes("secret"))).toEqual([]);
});

test("a bigint is refused with an encrypting serializer that is made of LangGraph's, too", async () => {
  const { database } = countedDatabase();
  const saver = new WfloSaver({ database, serde: new Sealing() });
  await expect(putAll(saver, newThread(), checkpointOf({ count: 1n }))).rejects.toThrow(/count/);
});

test("a list in an object takes what it adds", async () => {
  const { database, bytes } = countedDatabase();
  const saver = new WfloSaver({ database, serde: new Sealing() });
  let config: object = newThread();
  const notes: string[] = [];
  let early = 0;
  for (let turn = 1; turn <= 120; turn++) {
    notes.push(`${turn}${"x".repeat(300)}`);
    config = await putAll(saver, config, checkpointOf({ state: { notes: [...notes] } }, turn));
    if (turn === 40) early = bytes();
  }
  expect(bytes() / early).toBeLessThan(3.5);
});
