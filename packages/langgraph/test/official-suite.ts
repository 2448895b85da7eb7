import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import type { Database } from "@wflo/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { WfloSaver } from "../src/index.ts";

/** The suite of LangGraph expects Vitest's functions to be global. */
Object.assign(globalThis, {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  test,
});

let savers = 0;

/** Runs LangGraph's own suite for savers, with that for delta channels, each saver on a tenant of its own. */
export function officialSuite(name: string, open: () => Database): void {
  let database: Database;
  const initializer = {
    checkpointerName: `@wflo/langgraph on ${name}`,
    beforeAll() {
      database = open();
    },
    async afterAll() {
      await database.close();
    },
    createCheckpointer: () => new WfloSaver({ database, tenant: `suite-${++savers}` }),
  };
  validate(initializer);
  describe("delta channels", () => {
    beforeAll(() => initializer.beforeAll());
    afterAll(() => initializer.afterAll());
    deltaChannelHistoryTests(initializer);
  });
}
