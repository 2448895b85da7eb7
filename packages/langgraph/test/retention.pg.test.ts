import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { bytesOfImport, importCases } from "./import-cases.ts";
import { pruneCases } from "./prune-cases.ts";
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

    test("a thread that comes from there takes what it takes when it is made here", async () => {
      expect(await bytesOfImport(await source(), 30)).toBeLessThan(1.1);
    });
  });
});
