import { memoryDatabase, type Database } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { graphCases } from "./graph-cases.ts";
import { playThreads } from "./random-threads.ts";
import { saverCases } from "./saver-cases.ts";

const databases: readonly (readonly [name: string, database: Database])[] = [
  ["memory", memoryDatabase()],
  ["PGlite", pglite()],
];

describe.each(databases)("a saver on %s", (_, database) => {
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database });
  // PGlite takes a while to start.
  beforeAll(() => open().getTuple({ configurable: { thread_id: "none" } }));
  graphCases(open);
  saverCases(open);

  test.each([1, 2, 3])("three savers of one thread read what was written (seed %i)", async (seed) => {
    expect(await playThreads(open, seed, 700)).toBeGreaterThan(50);
  });
});
