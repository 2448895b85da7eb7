import { memoryDatabase, type Database } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WfloStore } from "../src/index.ts";
import { playItems } from "./random-items.ts";
import { storeCases } from "./store-cases.ts";
import { storeGraphCases } from "./store-graph-cases.ts";

const databases: readonly (readonly [name: string, database: Database])[] = [
  ["memory", memoryDatabase()],
  ["PGlite", pglite()],
];

describe.each(databases)("a store on %s", (_, database) => {
  // PGlite starts when it is used first, which takes its time on a busy machine.
  beforeAll(() => new WfloStore({ database }).get(["none"], "none"));
  afterAll(() => database.close());
  storeCases((tenant) => new WfloStore({ database, tenant }));
  storeGraphCases(database, "graphs");

  test.each([1, 2, 3])("answers as InMemoryStore does (seed %i)", { timeout: 120_000 }, async (seed) => {
    const store = new WfloStore({ database, tenant: `walk ${seed}` });
    expect(await playItems(store, seed, 300)).toBeGreaterThan(500);
  });
});
