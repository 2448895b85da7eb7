import { createTool } from "@mastra/core/tools";
import { z } from "zod";
import { listDecisions, readDecision } from "../openai/decisions.ts";

/** The design decisions of this repository, as tools of Mastra's. */
export const decisionTools = {
  list_decisions: createTool({
    id: listDecisions.name,
    description: listDecisions.description,
    execute: async () => listDecisions.use({}),
  }),
  read_decision: createTool({
    id: readDecision.name,
    description: readDecision.description,
    inputSchema: z.object({ number: z.number().int() }),
    execute: async ({ number }) => readDecision.use({ number }),
  }),
};
