import type { CheckpointMetadata, PendingWrite } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { bytesOfImport, importCases, play } from "./import-cases.ts";
import { pruneCases, tuplesOfThread } from "./prune-cases.ts";
import { retentionCases } from "./retention-cases.ts";
import { newTenant, openServer, serverUrl } from "./test-server.ts";

describe("threads over time on PostgreSQL", () => {
  const database = openServer();
  const tenant = newTenant();
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database, tenant });
  pruneCases(open);
  retentionCases(open);
  describe("from the official saver", () => {
    const officials: PostgresSaver[] = [];
    afterAll(() => Promise.all(officials.map((official) => official.end())));
    const source = async () => {
      const schema = `official_${randomUUID().replaceAll("-", "")}`;
      const official = PostgresSaver.fromConnString(serverUrl(), { schema });
      officials.push(official);
      await official.setup();
      return official;
    };
    importCases(open, source);

    test("a thread goes back there by the loop of the recipe", async () => {
      const [saver, official] = [open(), await source()];
      const threadId = await play(saver);
      const tuples = await tuplesOfThread(saver, threadId);
      for (const { config, checkpoint, metadata, parentConfig, pendingWrites = [] } of tuples.toReversed()) {
        const { thread_id, checkpoint_ns } = config.configurable ?? {};
        const parent = parentConfig ?? { configurable: { thread_id, checkpoint_ns } };
        const versions = checkpoint.channel_versions;
        await official.put(parent, checkpoint, metadata as CheckpointMetadata, versions);
        for (const [taskId, writes] of Map.groupBy(pendingWrites, ([id]) => id)) {
          const pairs = writes.map(([, channel, value]): PendingWrite => [channel, value]);
          await official.putWrites(config, pairs, taskId);
        }
      }
      const thread = { configurable: { thread_id: threadId } };
      expect((await official.getTuple(thread))?.checkpoint).toEqual(
        (await saver.getTuple(thread))?.checkpoint,
      );
      expect(await tuplesOfThread(official, threadId)).toHaveLength(tuples.length);
    });

    test("a thread that comes from there takes what it takes when it is made here", async () => {
      expect(await bytesOfImport(await source(), 15)).toBeLessThan(1.1);
    });
  });
});
