import type { Agent } from "@mastra/core/agent";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { z } from "zod";
import { listDecisions } from "../openai/decisions.ts";

const Question = z.object({ question: z.string() });
const Note = z.object({ note: z.string() });

/** A workflow as one writes it for Mastra: the reader reads six decisions, two at a time, and the editor makes a page of the notes. */
export function digestWorkflow({ reader, editor }: { readonly reader: Agent; readonly editor: Agent }) {
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
  return createWorkflow({
    id: "digest",
    inputSchema: Question,
    outputSchema: z.object({ page: z.string() }),
  })
    .then(list)
    .foreach(read, { concurrency: 2 })
    .then(write)
    .commit();
}
