import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { JsonPlusSerializer, type SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const text = (index: number) => `${index} `.padStart(8).repeat(40);
const message = (index: number) => new HumanMessage({ id: `${index}`, content: text(index) });

/** How a channel looks after so many steps. */
const workloads: Readonly<Record<string, (step: number, before: unknown) => unknown>> = {
  "a list that grows": (step, before) => [...((before ?? []) as unknown[]), message(step)],
  "a list whose head is edited": (step, before) => {
    const [, ...rest] = [...((before ?? []) as unknown[]), message(step)];
    return [new AIMessage({ id: "head", content: `it is ${step}` }), ...rest];
  },
  "a sliding window": (step, before) => [...((before ?? []) as unknown[]), message(step)].slice(-20),
  "a list whose second item is taken away": (step, before) => {
    const list = [...((before ?? []) as unknown[]), message(step), message(step + 0.5)];
    return list.toSpliced(1, 1);
  },
  "a map that grows": (step, before) => ({ ...(before as object), [`key ${step}`]: text(step) }),
  "a Map that grows": (step, before) =>
    new Map([...((before ?? new Map()) as Map<string, string>), [`key ${step}`, text(step)]]),
  "lists in an object that grow": (step, before) => {
    const { notes = [], log = [] } = (before ?? {}) as { notes?: string[]; log?: string[] };
    return { notes: [...notes, text(step)], log: [...log, `${step}`], step };
  },
};

async function bytesAfter(
  steps: readonly number[],
  next: (step: number, before: unknown) => unknown,
  serde?: SerializerProtocol,
): Promise<number[]> {
  const { database, bytes } = countedDatabase();
  const saver = new WfloSaver({ database, serde });
  let config: object = { configurable: { thread_id: "t" } };
  let value: unknown;
  const sizes: number[] = [];
  for (let step = 1; step <= Math.max(...steps); step++) {
    value = next(step, value);
    config = await putAll(saver, config, checkpointOf({ value }, step));
    if (steps.includes(step)) sizes.push(bytes());
  }
  const read = await new WfloSaver({ database, serde }).getTuple(config);
  expect(read?.checkpoint.channel_values).toEqual({ value });
  return sizes;
}

/** AES with another initialization vector each time, so that no two texts are alike. */
class Encrypting implements SerializerProtocol {
  readonly #inner = new JsonPlusSerializer();
  readonly #key = randomBytes(32);

  async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, bytes] = await this.#inner.dumpsTyped(value);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return [`${type}+aes`, Buffer.concat([iv, cipher.getAuthTag(), sealed])];
  }

  async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    if (!type.endsWith("+aes")) throw new Error("this is not encrypted");
    const bytes = Buffer.from(data as Uint8Array);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    return this.#inner.loadsTyped(type.slice(0, -4), plain);
  }
}

describe("500 checkpoints take less than 11 times the bytes of 50, for", () => {
  test.each(Object.entries(workloads))("%s", async (_, next) => {
    const [few = 0, many = 0] = await bytesAfter([50, 500], next);
    expect(many).toBeLessThan(11 * few);
  });

  test("an encrypted list that grows", async () => {
    const [few = 0, many = 0] = await bytesAfter(
      [50, 500],
      workloads["a list that grows"]!,
      new Encrypting(),
    );
    expect(many).toBeLessThan(11 * few);
  });
});

test("a list that is put in another order is named in pieces, not written again", async () => {
  const list = Array.from({ length: 200 }, (_, index) => message(index));
  const orders = [list, list.toReversed(), [...list.slice(100), ...list.slice(0, 100)], list];
  const [first = 0, last = 0] = await bytesAfter([1, 4], (step) => orders[step - 1]);
  expect(last - first).toBeLessThan(first / 20);
});

test("with an encrypting serializer, nothing of a value is stored in plain", async () => {
  const { database, texts } = countedDatabase();
  const serde = new Encrypting();
  const saver = new WfloSaver({ database, serde });
  const secrets = {
    messages: [new HumanMessage("secret"), "secret"],
    map: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`secret ${index}`, ["secret"]])),
    small: { secret: [1, 2, 3, 4, 5, "secret"] },
    nested: { secret: { secret: Array.from({ length: 9 }, () => ({ secret: 1 })) } },
    byKey: new Map([["secret", 1]]),
    set: new Set(["secret"]),
  };
  const config = await putAll(saver, { configurable: { thread_id: "t" } }, checkpointOf(secrets));
  await saver.putWrites(config, [["messages", "secret"]], "task");
  expect(texts.filter((stored) => stored.includes("secret"))).toEqual([]);
  const read = await new WfloSaver({ database, serde }).getTuple(config);
  expect(read?.checkpoint.channel_values).toEqual(secrets);
  expect(read?.pendingWrites).toEqual([["task", "messages", "secret"]]);
});

test("a serializer that takes plain rows for encrypted ones is not asked to", async () => {
  const database = memoryDatabase();
  const config = await putAll(
    new WfloSaver({ database }),
    { configurable: { thread_id: "t" } },
    checkpointOf({ notes: ["plain"] }),
  );
  const reader = new WfloSaver({ database, serde: new Encrypting() });
  await expect(reader.getTuple(config)).rejects.toThrow("this is not encrypted");
});

test("equal values of other types are not taken for each other by a serializer that tells them apart", async () => {
  const inner = new JsonPlusSerializer();
  const serde: SerializerProtocol = {
    dumpsTyped: (value) => inner.dumpsTyped(value instanceof Date ? { date: value.getTime() } : value),
    loadsTyped: async (type, data) => {
      const value = (await inner.loadsTyped(type, data as string)) as { date?: number };
      return typeof value?.date === "number" ? new Date(value.date) : value;
    },
  };
  const saver = new WfloSaver({ database: memoryDatabase(), serde });
  const at = new Date(1_000);
  let config: object = { configurable: { thread_id: "t" } };
  for (const [version, list] of [
    [at.toJSON(), 1],
    [at, 1],
    [at.toJSON(), at],
  ].entries()) {
    config = await putAll(saver, config, checkpointOf({ list }, version + 1));
    expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual({ list });
  }
});
