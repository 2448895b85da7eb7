import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

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

// Else whoever reads the tables sees who said the same as whom.
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
  const refused = (values: Record<string, unknown>) => putAll(saver, newThread(), checkpointOf(values));
  await expect(refused({ count: 1n })).rejects.toThrow(/count is a bigint/);
  await expect(refused({ state: { counts: [1, 2, 3, 4, new Map([["a", 1n]])] } })).rejects.toThrow(
    /state\.counts\[4\]\.get\(a\) is a bigint/,
  );
  const ring: unknown[] = [];
  ring.push({ ring });
  await expect(refused({ ring })).rejects.toThrow(/ring\[0\]\.ring\[0\] contains itself/);
});

test("a bigint is saved with a serializer that has it", async () => {
  const { database } = countedDatabase();
  const inner = new JsonPlusSerializer();
  const replacer = (_: string, value: unknown) =>
    typeof value === "bigint" ? { digits: String(value) } : value;
  const reviver = (_: string, value: unknown) => {
    const { digits } = (value ?? {}) as { digits?: string };
    return digits === undefined ? value : BigInt(digits);
  };
  const serde = {
    dumpsTyped: (value: unknown) => inner.dumpsTyped(JSON.stringify(value, replacer)),
    loadsTyped: async (type: string, data: Uint8Array | string): Promise<unknown> =>
      JSON.parse((await inner.loadsTyped(type, data)) as string, reviver),
  };
  const saver = new WfloSaver({ database, serde });
  const values = { count: 1n, counts: [1n, 2n] };
  const config = await putAll(saver, newThread(), checkpointOf(values));
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual(values);
});

test("parts of an object that have channels of their own come back under their keys", async () => {
  const { database, texts } = countedDatabase();
  const saver = new WfloSaver({ database, serde: new Sealing() });
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`secret ${index}`, [1, "a", 2, index]]),
  );
  const state = {
    1: ["one"],
    secret: { secret: { secret: ["a", "b", "c", "d"], 0: "zero" }, more: new Set([1, 2, 3, "secret"]) },
    0: ["a", "b", "c", "d"],
    many,
    map: new Map<unknown, unknown>([
      ["secret", ["a", "b", "c", "d"]],
      [1, 2],
      [2, 3],
      [3, 4],
    ]),
    ["__proto__x"]: [{ secret: 1 }, 2, 3, 4],
    empty: {},
  };
  const values = { state, list: [state], message: { lc: 3, secret: ["a", "b", "c", "d"] } };
  const config = await putAll(saver, newThread(), checkpointOf(values));
  expect(texts.filter((text) => text.includes("secret"))).toEqual([]);
  const read = async (from: object) =>
    (await new WfloSaver({ database, serde: new Sealing() }).getTuple(from))?.checkpoint;
  expect((await read(config))?.channel_values).toStrictEqual(values);
  const { secret: _, ...rest } = state;
  const changed = { state: { first: ["n", "e", "w", "!"], ...rest }, list: [state] };
  const next = await putAll(saver, config, checkpointOf(changed, 2));
  expect((await read(next))?.channel_values).toStrictEqual(changed);
  expect(Object.keys((await read(next))?.channel_values["state"] as object)).toEqual(
    Object.keys(changed.state),
  );
});

test("an encrypted list in an object takes what it adds", async () => {
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

test("what cannot be read is told with its channel, thread and checkpoint", async () => {
  const { database } = countedDatabase();
  const serde = new Sealing();
  const saver = new WfloSaver({ database, serde });
  const thread = { configurable: { thread_id: "42", checkpoint_ns: "" } };
  const config = await putAll(saver, thread, checkpointOf({ notes: ["hello"] }));
  serde.key = 2;
  const told = new RegExp(
    `Channel notes of thread 42 cannot be read at checkpoint ${config.configurable?.["checkpoint_id"]}: The key is gone`,
  );
  await expect(saver.getTuple(config)).rejects.toThrow(told);
  await expect(saver.list(thread).next()).rejects.toThrow(told);
  await expect(saver.getTuple(config)).rejects.toMatchObject({
    name: "UnreadableChannelError",
    threadId: "42",
    channel: "notes",
    cause: { message: "The key is gone." },
  });
});
