import { afterAll, expect, test } from "vitest";
import { WfloSaver } from "../../src/index.ts";
import { checkpointOf, putAll } from "../saver-cases.ts";
import { newTenant, openServer } from "../test-server.ts";

const database = openServer();
afterAll(() => database.close());

// The walk takes a million steps, which is 14 s on the machine this was found on.
test(
  "a checkpoint that is its own parent is refused, or its history read at once",
  { timeout: 60_000 },
  async () => {
    const saver = new WfloSaver({ database, tenant: newTenant() });
    const checkpoint = checkpointOf({ a: 1 });
    const config = { configurable: { thread_id: "t", checkpoint_ns: "", checkpoint_id: checkpoint.id } };
    await putAll(saver, config, checkpoint).catch(() => {});
    const before = performance.now();
    await saver.getDeltaChannelHistory({ config, channels: ["log"] });
    expect(performance.now() - before).toBeLessThan(1_000);
  },
);
