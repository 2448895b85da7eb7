import { memoryDatabase, StoreUnavailableError, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

/** A database that does not answer the first time it is asked something after `leave`. */
function away(): { readonly database: Database; readonly leave: () => void } {
  const memory = memoryDatabase();
  let isAway = false;
  const answers = Object.entries(memory.checkpoints).map(([name, method]) => {
    const ask = async (...args: unknown[]): Promise<unknown> => {
      if (isAway) {
        isAway = false;
        throw new StoreUnavailableError("connection refused");
      }
      return (method as (...args: unknown[]) => unknown)(...args);
    };
    return [name, ask] as const;
  });
  const checkpoints = Object.fromEntries(answers) as unknown as Database["checkpoints"];
  const leave = () => {
    isAway = true;
  };
  return { database: { ...memory, checkpoints }, leave };
}

const asks: Readonly<Record<string, (saver: WfloSaver, config: object) => Promise<unknown>>> = {
  put: (saver, config) => putAll(saver, config, checkpointOf({ a: 2 }, 2)),
  putWrites: (saver, config) => saver.putWrites(config, [["a", 1]], "task"),
  getTuple: (saver, config) => saver.getTuple(config),
  list: (saver) => saver.list(thread).next(),
  deleteThread: (saver) => saver.deleteThread("t"),
  getDeltaChannelHistory: (saver, config) => saver.getDeltaChannelHistory({ config, channels: ["a"] }),
};

test.each(Object.entries(asks))("%s waits for a database that is away for a moment", async (_, ask) => {
  const { database, leave } = away();
  const saver = new WfloSaver({ database });
  const config = await putAll(saver, thread, checkpointOf({ a: 1 }));
  leave();
  await expect(ask(saver, config)).resolves.not.toBe("never");
});
