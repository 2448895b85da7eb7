import { HumanMessage } from "@langchain/core/messages";
import { InMemoryStore } from "@langchain/langgraph";
import {
  emptyCheckpoint,
  uuid6,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from "@langchain/langgraph-checkpoint";
import { InvalidOptionError, ThreadDeletedError, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { UnsavableChannelError, WfloSaver } from "../src/index.ts";
import type { OpenSaver } from "./graph-cases.ts";

const metadata: CheckpointMetadata = { source: "loop", step: 0, parents: {} };
let steps = 0;

/** A checkpoint whose channels all have the version that is given. */
export function checkpointOf(values: Record<string, unknown>, version = 1): Checkpoint {
  const versions = Object.fromEntries(Object.keys(values).map((name) => [name, version]));
  return { ...emptyCheckpoint(), id: uuid6(++steps), channel_values: values, channel_versions: versions };
}

/** Puts a checkpoint all of whose channels are new. */
export function putAll(saver: WfloSaver, config: object, checkpoint: Checkpoint, more: object = {}) {
  return saver.put(config, checkpoint, { ...metadata, ...more }, checkpoint.channel_versions);
}

async function all(tuples: AsyncIterable<CheckpointTuple>): Promise<CheckpointTuple[]> {
  const found: CheckpointTuple[] = [];
  for await (const tuple of tuples) found.push(tuple);
  return found;
}

/** What the contract of savers says, or should, and LangGraph's own suite does not look at. */
export function saverCases(open: OpenSaver): void {
  const newThread = () => ({ configurable: { thread_id: crypto.randomUUID(), checkpoint_ns: "" } });
  const valuesAt = async (config: object) => (await open().getTuple(config))?.checkpoint.channel_values;

  test("a put that is sent twice is one checkpoint, another one of its id takes its place", async () => {
    const [saver, thread] = [open(), newThread()];
    const root = await putAll(saver, thread, checkpointOf({ notes: ["a"] }));
    const checkpoint = checkpointOf({ notes: ["a", "b"] }, 2);
    for (const again of [saver, saver, open()]) await putAll(again, root, checkpoint);
    expect(await all(saver.list(thread))).toHaveLength(2);
    const other = { ...checkpoint, channel_values: { notes: ["c"] } };
    const config = await putAll(open(), root, other, { source: "update" });
    expect(await all(saver.list(thread))).toHaveLength(2);
    expect(await valuesAt(config)).toEqual({ notes: ["c"] });
    expect((await saver.getTuple(config))?.metadata?.source).toBe("update");
    expect(await valuesAt(root)).toEqual({ notes: ["a"] });
  });

  test("channels that did not change are those of the parent, in each branch", async () => {
    const [saver, thread] = [open(), newThread()];
    const root = await putAll(saver, thread, checkpointOf({ kept: { deep: ["root"] }, notes: ["r"] }));
    const branch = async (text: string) => {
      const made = { ...checkpointOf({ notes: [text] }), channel_versions: { kept: 1, notes: 2 } };
      return saver.put(root, made, metadata, { notes: 2 });
    };
    const [one, two] = [await branch("one"), await branch("two")];
    expect(await valuesAt(one)).toEqual({ kept: { deep: ["root"] }, notes: ["one"] });
    expect(await valuesAt(two)).toEqual({ kept: { deep: ["root"] }, notes: ["two"] });
  });

  test("a put whose parent never came writes every channel", async () => {
    const thread = newThread();
    const parent = { configurable: { ...thread.configurable, checkpoint_id: uuid6(1) } };
    const checkpoint = { ...checkpointOf({ a: [1], b: { c: 2 } }), channel_versions: { a: 1, b: 1 } };
    const config = await open().put(parent, checkpoint, metadata, { a: 1 });
    expect(await valuesAt(config)).toEqual({ a: [1], b: { c: 2 } });
  });

  test("a value that is written and one that is taken away, in turn", async () => {
    const [saver, thread] = [open(), newThread()];
    const root = await putAll(saver, thread, checkpointOf({ a: 1, b: 1 }));
    const emptied = { ...checkpointOf({ a: 1 }), channel_versions: { a: 1, b: 2 } };
    const second = await saver.put(root, emptied, metadata, { b: 2 });
    expect(await valuesAt(second)).toEqual({ a: 1 });
    const third = { ...checkpointOf({ a: 1, b: 3 }), channel_versions: { a: 1, b: 3 } };
    expect(await valuesAt(await saver.put(second, third, metadata, { b: 3 }))).toEqual({ a: 1, b: 3 });
  });

  test("values that are no JSON come back as they were", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const values = {
      bytes,
      list: [bytes, undefined, null, "\u0000 \ud800 😀", [], {}],
      nested: { a: [1, 2, 3, 4, 5], b: new Map([["k", new Set([1])]]), c: /x/gi },
      map: new Map<unknown, unknown>([["one", { x: 1 }]]),
      set: new Set(["a", "b"]),
      large: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}`, [index]])),
      lc: { lc: 2, type: "undefined", id: ["x"] },
      looksLikeOurs: { $wflo: "date", v: 1, __proto__x: 1 },
      message: new HumanMessage({ content: "hello", id: "1" }),
      constructor: { prototype: { polluted: true } },
      no: false,
      zero: 0,
    };
    const config = await putAll(open(), newThread(), checkpointOf(values));
    const expected = { ...values, lc: undefined };
    expect(await valuesAt(config)).toEqual(expected);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await open().putWrites(
      config,
      [
        ["bytes", bytes],
        ["map", values.map],
        ["none", undefined],
      ],
      "t",
    );
    const tuple = await open().getTuple(config);
    expect(tuple?.pendingWrites).toEqual([
      ["t", "bytes", bytes],
      ["t", "map", values.map],
      ["t", "none", undefined],
    ]);
  });

  test("channels and nodes may have any name, metadata any text", async () => {
    const names = ["__proto__", "constructor", "a.b", "'; drop table wflo.run; --", "😀", "", "\n"];
    const values = Object.fromEntries(names.map((name) => [name, { of: name }]));
    const checkpoint = checkpointOf(values);
    const seen = Object.fromEntries(names.map((name) => [name, { [name]: 1 }]));
    const thread = newThread();
    const config = await putAll(
      open(),
      thread,
      { ...checkpoint, versions_seen: seen },
      { user: "a\u0000b", by: names },
    );
    const tuple = await open().getTuple(config);
    expect(tuple?.checkpoint).toEqual({ ...checkpoint, versions_seen: seen });
    expect(tuple?.metadata).toEqual({ ...metadata, user: "ab", by: names });
    for (const filter of [{ user: "ab" }, { by: names }, { source: "loop", step: 0 }]) {
      expect(await all(open().list(thread, { filter }))).toHaveLength(1);
    }
    for (const key of ["__proto__", "x'; drop table wflo.run; --", 'a"}}', "\u0000"]) {
      const filter = Object.fromEntries([[key, "' or 1=1 --"]]);
      expect(await all(open().list(thread, { filter }))).toHaveLength(0);
    }
  });

  test("lists are newest first, across namespaces and threads, and end where they should", async () => {
    const saver = open();
    const [one, two] = [newThread(), newThread()];
    const tag = crypto.randomUUID();
    const ids: string[] = [];
    for (let index = 0; index < 130; index++) {
      const { thread_id } = (index % 3 === 0 ? one : two).configurable;
      const checkpoint_ns = index % 2 === 0 ? "" : "sub:1";
      const checkpoint = checkpointOf({ notes: [index] });
      ids.unshift(checkpoint.id);
      await putAll(saver, { configurable: { thread_id, checkpoint_ns } }, checkpoint, {
        tag,
        even: index % 2 === 0,
      });
    }
    const idsOf = async (config: object, options?: Parameters<WfloSaver["list"]>[1]) =>
      (await all(open().list(config, options))).map(({ checkpoint }) => checkpoint.id);
    expect(await idsOf({}, { filter: { tag } })).toEqual(ids);
    expect(await idsOf({}, { filter: { tag, even: true } })).toEqual(ids.filter((_, at) => at % 2 === 1));
    expect(await idsOf({}, { filter: { tag }, limit: 7 })).toEqual(ids.slice(0, 7));
    expect(await idsOf(one, { limit: 0 })).toEqual([]);
    const before = { configurable: { checkpoint_id: ids[9] } };
    expect(await idsOf({}, { filter: { tag }, before, limit: 3 })).toEqual(ids.slice(10, 13));
    const { thread_id } = two.configurable;
    expect(await idsOf({ configurable: { thread_id } })).toHaveLength(86);
    expect(await idsOf(two)).toHaveLength(43);
    expect(await idsOf({ configurable: { thread_id, checkpoint_id: ids[1] } })).toHaveLength(1);
  });

  test("a list passes each value through the serializer once", async () => {
    const [saver, thread] = [open(), newThread()];
    let config: object = thread;
    const notes: { text: string }[] = [];
    for (let index = 0; index < 40; index++) {
      notes.push({ text: `note ${index}` });
      config = await putAll(saver, config, checkpointOf({ notes: [...notes] }, index + 1));
    }
    const reader = open();
    let loads = 0;
    const { serde } = reader;
    const loadsTyped = serde.loadsTyped.bind(serde);
    serde.loadsTyped = (type, data) => {
      loads += 1;
      return loadsTyped(type, data);
    };
    const listed = await all(reader.list(thread));
    expect(listed.map(({ checkpoint }) => (checkpoint.channel_values["notes"] as unknown[]).length)).toEqual(
      Array.from({ length: 40 }, (_, index) => 40 - index),
    );
    expect(loads).toBe(40);
  });

  test("a thread that another process deleted is not brought back by one that still writes to it", async () => {
    const [warm, thread] = [open(), newThread()];
    const root = await putAll(warm, thread, checkpointOf({ notes: ["a"] }));
    await warm.getTuple(root);
    await open().deleteThread(thread.configurable.thread_id);
    const late = checkpointOf({ notes: ["a", "b"] }, 2);
    await expect(putAll(warm, root, late)).rejects.toThrow(ThreadDeletedError);
    await expect(putAll(open(), root, late)).rejects.toThrow(/was deleted/);
    await expect(warm.putWrites(root, [["notes", "c"]], "t")).rejects.toThrow(ThreadDeletedError);
    expect(await all(open().list(thread))).toEqual([]);
    const fresh = await putAll(warm, thread, checkpointOf({ notes: ["new"] }));
    expect(await valuesAt(fresh)).toEqual({ notes: ["new"] });
  });

  test("what cannot be saved is refused with its path, and nothing of its checkpoint is there", async () => {
    const [saver, thread] = [open(), newThread()];
    const ring: { inner: { list: unknown[] } } = { inner: { list: [1] } };
    ring.inner.list.push(ring);
    const refused = (values: Record<string, unknown>) => putAll(saver, thread, checkpointOf(values));
    await expect(refused({ fine: 1, notes: [{ ok: 1 }, ring] })).rejects.toThrow(
      /notes\[1\]\.inner\.list\[1\] contains itself/,
    );
    await expect(refused({ text: "[Circular]" })).resolves.toBeDefined();
    const megabyte = "x".repeat(1_048_576);
    const huge = { small: "s", messages: Array.from({ length: 66 }, (_, index) => `${index}${megabyte}`) };
    await expect(refused(huge)).rejects.toThrow(/messages adds 67 MB/);
    await expect(refused(huge)).rejects.toThrow(UnsavableChannelError);
    const { serde } = saver;
    serde.dumpsTyped = async () => {
      throw new Error("no");
    };
    await expect(refused({ notes: ["x"] })).rejects.toThrow("notes[0] was refused by the serializer: no");
    expect(await all(open().list(thread))).toHaveLength(1);
  });

  test("without a thread nothing is written, nothing found", async () => {
    const saver = open();
    await expect(putAll(saver, {}, checkpointOf({}))).rejects.toThrow(/thread_id/);
    await expect(saver.putWrites({ configurable: { checkpoint_id: "1" } }, [["a", 1]], "t")).rejects.toThrow(
      /thread_id/,
    );
    await expect(saver.putWrites(newThread(), [["a", 1]], "t")).rejects.toThrow(/checkpoint_id/);
    expect(await saver.getTuple({})).toBeUndefined();
    const unknown = { configurable: { ...newThread().configurable, checkpoint_id: uuid6(1) } };
    expect(await saver.getTuple(unknown)).toBeUndefined();
    expect(await saver.getDeltaChannelHistory({ config: {}, channels: ["a"] })).toEqual({
      a: { writes: [] },
    });
  });

  test("special writes count last, others first, in the order of their paths", async () => {
    const [saver, thread] = [open(), newThread()];
    const config = await putAll(saver, thread, checkpointOf({}));
    await saver.putWrites(config, [["notes", "b"]], "2", "~b");
    await saver.putWrites(
      config,
      [
        ["notes", "a"],
        ["notes", "a2"],
      ],
      "9",
      "~a",
    );
    await saver.putWrites(config, [["notes", "late"]], "9", "~a");
    await saver.putWrites(config, [["__interrupt__", 1]], "9", "~a");
    await saver.putWrites(config, [["__interrupt__", 2]], "9", "~a");
    const written = (await open().getTuple(config))?.pendingWrites;
    expect(written).toEqual([
      ["9", "__interrupt__", 2],
      ["9", "notes", "a"],
      ["9", "notes", "a2"],
      ["2", "notes", "b"],
    ]);
  });

  test("a saver in a config is no burden to those who print it, and a store is no database", async () => {
    expect(JSON.stringify({ saver: open() })).toBe('{"saver":"[WfloSaver]"}');
    const make = () => new WfloSaver({ database: new InMemoryStore() as unknown as Database });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/InMemoryStore/);
  });
}
