import { InvalidOptionError, memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../../src/index.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";

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
