import { afterAll, describe } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { pruneCases } from "./prune-cases.ts";
import { retentionCases } from "./retention-cases.ts";
import { newTenant, openServer } from "./test-server.ts";

describe("threads over time on PostgreSQL", () => {
  const database = openServer();
  const tenant = newTenant();
  afterAll(() => database.close());
  const open = () => new WfloSaver({ database, tenant });
  pruneCases(open);
  retentionCases(open);
});
