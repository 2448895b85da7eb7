import { TASKS } from "@langchain/langgraph-checkpoint";
import { memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const thread = { configurable: { thread_id: "t", checkpoint_ns: "" } };

test("a list of checkpoints of old versions reads no parent that is on the page", async () => {
  const memory = memoryDatabase();
  let reads = 0;
  const get: typeof memory.checkpoints.get = (...args) => {
    reads += 1;
    return memory.checkpoints.get(...args);
  };
  const saver = new WfloSaver({ database: { ...memory, checkpoints: { ...memory.checkpoints, get } } });
  let config: object = thread;
  for (let step = 0; step < 5; step++) {
    config = await putAll(saver, config, { ...checkpointOf({ a: step }, step + 1), v: 3 });
    await saver.putWrites(config, [[TASKS, `send ${step}`]], "task");
  }
  reads = 0;
  const sends: unknown[] = [];
  for await (const { checkpoint } of saver.list(thread)) sends.push(checkpoint.channel_values[TASKS]);
  expect(sends).toEqual([["send 3"], ["send 2"], ["send 1"], ["send 0"], undefined]);
  expect(reads).toBe(0);
  const last: unknown[] = [];
  for await (const { checkpoint } of saver.list(thread, { limit: 1 }))
    last.push(checkpoint.channel_values[TASKS]);
  expect(last).toEqual([["send 3"]]);
  expect(reads).toBe(1);
});
