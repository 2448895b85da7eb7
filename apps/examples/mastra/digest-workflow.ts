import { createStep, createWorkflow } from "@mastra/core/workflows";
import { Mastra } from "@mastra/core/mastra";
import { InMemoryStore, MastraCompositeStore } from "@mastra/core/storage";
import { createWflo, type Database } from "@wflo/core";
import { mastraWorkflow, WfloWorkflowsStorage, type AnyMastraModel } from "@wflo/mastra";
import { z } from "zod";
import { listDecisions } from "../openai/decisions.ts";
import { crewOf } from "./crew.ts";

const Question = z.object({ question: z.string() });
const Note = z.object({ note: z.string() });

/** The same in every process: a workflow as one writes it for Mastra, whose runs are kept by wflo, and a workflow of wflo's that runs it. */
export function openDigest(chatModel: AnyMastraModel, database: Database) {
  const wflo = createWflo({ database });
  const { reader, editor } = crewOf(chatModel, wflo).listAgents();
  const list = createStep({
    id: "list",
    inputSchema: Question,
    outputSchema: z.array(z.object({ number: z.number() })),
    execute: async () => {
      const numbers = (await listDecisions.use({})).split(", ");
      return numbers.slice(0, 6).map((number) => ({ number: Number(number) }));
    },
  });
  const read = createStep({
    id: "read",
    inputSchema: z.object({ number: z.number() }),
    outputSchema: Note,
    execute: async ({ inputData: { number } }) => ({
      note: (await reader.generate(`What does decision ${number} say?`)).text,
    }),
  });
  const write = createStep({
    id: "write",
    inputSchema: z.array(Note),
    outputSchema: z.object({ page: z.string() }),
    execute: async ({ inputData }) => {
      const notes = inputData.map(({ note }) => note).join("; ");
      return { page: (await editor.generate(`Notes: ${notes}`)).text };
    },
  });
  const digest = createWorkflow({
    id: "digest",
    inputSchema: Question,
    outputSchema: z.object({ page: z.string() }),
  })
    .then(list)
    .foreach(read, { concurrency: 2 })
    .then(write)
    .commit();
  const storage = new MastraCompositeStore({
    id: "examples",
    default: new InMemoryStore(),
    domains: { workflows: new WfloWorkflowsStorage({ database }) },
  });
  const mastra = new Mastra({ workflows: { digest }, storage, logger: false });
  return { wflo, digest: wflo.workflow("mastra-digest", mastraWorkflow(mastra.getWorkflow("digest"))) };
}
