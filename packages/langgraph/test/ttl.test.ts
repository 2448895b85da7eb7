import { InvalidOptionError, memoryDatabase } from "@wflo/core";
import { afterEach, expect, test, vi } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const HOUR_MS = 3_600_000;
const thread = (thread_id: string) => ({ configurable: { thread_id } });

afterEach(() => {
  vi.useRealTimers();
});

test("threads that a saver with a time to live writes to expire, but for those that were set otherwise", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const database = memoryDatabase();
  const saver = new WfloSaver({ database, ttl: HOUR_MS });
  const plain = new WfloSaver({ database });
  await plain.setTtl("kept", undefined);
  const roots = new Map<string, object>();
  for (const id of ["old", "kept", "renewed"]) {
    roots.set(id, await putAll(saver, thread(id), checkpointOf({ of: id })));
  }
  await putAll(plain, thread("plain"), checkpointOf({ of: "plain" }));
  vi.setSystemTime(Date.now() + HOUR_MS - 1);
  await putAll(saver, roots.get("renewed") ?? {}, checkpointOf({ of: "renewed" }));
  vi.setSystemTime(Date.now() + 1);
  const found: string[] = [];
  for await (const { config } of plain.list({})) found.push(String(config.configurable?.["thread_id"]));
  expect([...new Set(found)].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["kept", "plain", "renewed"]);
  vi.setSystemTime(Date.now() + 60_000);
  // By the way, while the saver is used.
  await putAll(saver, roots.get("renewed") ?? {}, checkpointOf({ of: "renewed" }));
  await saver.close();
  expect(await plain.deleteExpired()).toBe(0);
  for (const ttl of [0, -1, 0.5]) {
    expect(() => new WfloSaver({ database, ttl })).toThrow(InvalidOptionError);
  }
});

test("an old thread that a saver with a time to live goes on with is not deleted meanwhile", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const database = memoryDatabase();
  const root = await putAll(new WfloSaver({ database }), thread("t"), checkpointOf({ notes: ["old"] }));
  vi.setSystemTime(Date.now() + 2 * HOUR_MS);
  const { checkpoints } = database;
  const setTtl: typeof checkpoints.setTtl = async (...args) => {
    await checkpoints.setTtl(...args);
    // As another process does by the way.
    await checkpoints.deleteExpired("default", { limit: 20 });
  };
  const swept = { ...database, checkpoints: { ...checkpoints, setTtl } };
  await putAll(new WfloSaver({ database: swept, ttl: HOUR_MS }), root, checkpointOf({ notes: ["new"] }, 2));
  const tuple = await new WfloSaver({ database }).getTuple(root);
  expect(tuple?.checkpoint.channel_values).toEqual({ notes: ["old"] });
});

test("a saver with a time to live asks once for each thread, not for each checkpoint", async () => {
  const database = memoryDatabase();
  const asked = vi.spyOn(database.checkpoints, "setTtl");
  const swept = vi.spyOn(database.checkpoints, "deleteExpired");
  const saver = new WfloSaver({ database, ttl: HOUR_MS });
  let config: object = thread("t");
  for (let at = 0; at < 10; at++) config = await putAll(saver, config, checkpointOf({ at }, at + 1));
  expect([asked.mock.calls.length, swept.mock.calls.length]).toEqual([1, 0]);
});
