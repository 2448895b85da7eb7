import { InMemoryStore, MastraCompositeStore } from "@mastra/core/storage";
import type { Database } from "@wflo/core";
import { WfloWorkflowsStorage } from "@wflo/mastra";

/** Where a Mastra of the examples keeps things: runs of workflows on wflo's checkpoints, the rest in memory. */
export function crewStorage(database: Database): MastraCompositeStore {
  return new MastraCompositeStore({
    id: "examples",
    default: new InMemoryStore(),
    domains: { workflows: new WfloWorkflowsStorage({ database }) },
  });
}
