import { createStep, createWorkflow } from "@mastra/core/workflows";
import { createWflo, type Workflow } from "@wflo/core";
import { mastraWorkflow, suspendAtBudget } from "@wflo/mastra";
import { z } from "zod";
import { newAgent } from "./mastra-desk.ts";

const wflo = createWflo({ logger: false });
const inputSchema = z.object({ text: z.string() });
const outputSchema = z.object({ length: z.number() });
const count = createStep({
  id: "count",
  inputSchema,
  outputSchema,
  execute: async ({ inputData: { text } }) => ({ length: text.length }),
});
const counting = suspendAtBudget(createWorkflow({ id: "w", inputSchema, outputSchema }).then(count).commit());

type Counting = Workflow<{ text: string }, { length: number }>;

/** A workflow takes and gives what Mastra's does, with options and as it is. */
wflo.workflow("count", mastraWorkflow(counting)) satisfies Counting;
wflo.workflow("count", counting) satisfies Counting;
// @ts-expect-error It takes a text.
void wflo.workflow("count", counting).run({ text: 5 });

/** So does an agent. */
void wflo.workflow("agent", newAgent({ model: "openai/gpt-4.1-nano" })).run("Bees?");
