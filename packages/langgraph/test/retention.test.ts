import { memoryDatabase, type Database } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { afterAll, describe } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { pruneCases } from "./prune-cases.ts";
import { retentionCases } from "./retention-cases.ts";

const databases: readonly (readonly [name: string, database: Database])[] = [
  ["memory", memoryDatabase()],
  ["PGlite", pglite()],
];

describe.each(databases)("threads over time on %s", (_, database) => {
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database });
  pruneCases(open);
  retentionCases(open);
});
