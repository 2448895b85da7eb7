import { afterAll, describe, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { graphCases } from "./graph-cases.ts";
import { playThreads } from "./random-threads.ts";
import { saverCases } from "./saver-cases.ts";
import { newTenant, openServer } from "./test-server.ts";

describe("a saver on PostgreSQL", () => {
  const database = openServer();
  const tenant = newTenant();
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database, tenant });
  graphCases(open);
  saverCases(open);

  test.each([1, 2, 3])("three savers of one thread read what was written (seed %i)", async (seed) => {
    expect(await playThreads(open, seed, 700)).toBeGreaterThan(50);
  });
});
