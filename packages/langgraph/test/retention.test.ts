import { MemorySaver } from "@langchain/langgraph-checkpoint";
import { memoryDatabase, type Database } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { bytesOfImport, importCases } from "./import-cases.ts";
import { pruneCases } from "./prune-cases.ts";
import { retentionCases } from "./retention-cases.ts";

const databases: readonly (readonly [name: string, database: Database])[] = [
  ["memory", memoryDatabase()],
  ["PGlite", pglite()],
];

describe.each(databases)("threads over time on %s", (_, database) => {
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database });
  // PGlite takes a while to start.
  beforeAll(() => open().getTuple({ configurable: { thread_id: "none" } }));
  pruneCases(open);
  retentionCases(open);
  describe("from a saver in memory", () => {
    importCases(open, async () => new MemorySaver());
  });
  describe("from another WfloSaver", () => {
    importCases(open, async () => new WfloSaver({ database: memoryDatabase() }));
  });
});

test("a thread that comes from a saver in memory takes what it takes when it is made here", async () => {
  expect(await bytesOfImport(new MemorySaver(), 40)).toBeLessThan(1.1);
});
