import { InvalidOptionError, memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

test.each([{ user: 1 }, ["a"], true, Symbol("s"), () => 1])(
  "a thread id that is no text is refused, instead of being one thread for all (%#)",
  async (threadId) => {
    const saver = new WfloSaver({ database: memoryDatabase() });
    const config = { configurable: { thread_id: threadId, checkpoint_id: "1" } };
    await expect(putAll(saver, config, checkpointOf({ of: "user 1" }))).rejects.toThrow(InvalidOptionError);
    await expect(saver.putWrites(config, [["of", 1]], "task")).rejects.toThrow(InvalidOptionError);
    await expect(saver.getTuple(config)).rejects.toThrow(/thread_id is a text/);
    await expect(saver.list(config).next()).rejects.toThrow(/thread_id is a text/);
    await expect(saver.deleteThread(threadId as unknown as string)).rejects.toThrow(InvalidOptionError);
  },
);

test("numbers and texts of them are one thread", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  await putAll(saver, { configurable: { thread_id: 7 } }, checkpointOf({ a: 1 }));
  expect((await saver.getTuple({ configurable: { thread_id: "7" } }))?.checkpoint.channel_values).toEqual({
    a: 1,
  });
});

// PostgreSQL's keys hold no more, whatever the text compresses to.
test("names that are too long for a database, or would become others, are refused by every one", async () => {
  const saver = new WfloSaver({ database: memoryDatabase() });
  const long = "é".repeat(600);
  const put = (configurable: object) => putAll(saver, { configurable }, checkpointOf({ a: 1 }));
  await expect(put({ thread_id: long })).rejects.toThrow(
    /thread_id has at most 900 bytes, this one 1200: "éé/,
  );
  await expect(put({ thread_id: long })).rejects.toThrow(InvalidOptionError);
  await expect(put({ thread_id: "a\u0000b" })).rejects.toThrow(/thread_id has no U\+0000/);
  await expect(put({ thread_id: "\ud800" })).rejects.toThrow(InvalidOptionError);
  await expect(put({ thread_id: "1", checkpoint_ns: long })).rejects.toThrow(
    /checkpoint_ns has at most 1000/,
  );
  await expect(put({ thread_id: "1", checkpoint_id: long })).rejects.toThrow(/checkpoint_id has at most 500/);
  const config = await put({ thread_id: "é".repeat(450), checkpoint_ns: "é".repeat(500) });
  expect(await saver.getTuple(config)).toBeDefined();
  await expect(saver.putWrites(config, [["a", 1]], long)).rejects.toThrow(/task id has at most 500/);
});
