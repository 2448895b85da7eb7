import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { InMemoryStore, MastraCompositeStore, type WorkflowsStorage } from "@mastra/core/storage";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { z } from "zod";

const Text = z.object({ text: z.string() });
/** The names of the steps that were executed in this process, in order. */
export const executed: string[] = [];

function step(id: string): ReturnType<typeof createStep> {
  const made = createStep({
    id,
    inputSchema: Text,
    outputSchema: Text,
    execute: async ({ inputData }) => {
      executed.push(id);
      return { text: `${inputData.text} ${id}` };
    },
  });
  return made as unknown as ReturnType<typeof createStep>;
}

const approve = createStep({
  id: "approve",
  inputSchema: Text,
  outputSchema: Text,
  resumeSchema: z.object({ by: z.string() }),
  suspendSchema: z.object({ asked: z.string() }),
  execute: async ({ inputData, resumeData, suspend }) => {
    executed.push("approve");
    if (resumeData === undefined) return suspend({ asked: inputData.text });
    return { text: `${inputData.text} by ${resumeData.by}` };
  },
});

/** Ends its process the first time, if the environment says so. */
const risky = createStep({
  id: "risky",
  inputSchema: Text,
  outputSchema: Text,
  execute: async ({ inputData }) => {
    executed.push("risky");
    if (process.env["DIE_IN_RISKY"] === "1") process.exit(9);
    return { text: `${inputData.text} risky` };
  },
});

/** A Mastra whose workflows are kept by a storage, beside a store for everything else. */
export function mastraOn(
  workflows: WorkflowsStorage,
  others: MastraCompositeStore = new InMemoryStore(),
): Mastra {
  const schemas = { inputSchema: Text, outputSchema: Text };
  const approval = createWorkflow({ id: "approval", ...schemas })
    .then(step("draft") as never)
    .then(approve as never)
    .then(step("send") as never)
    .commit();
  const crash = createWorkflow({ id: "crash", ...schemas })
    .then(step("before") as never)
    .then(risky as never)
    .then(step("after") as never)
    .commit();
  const storage = new MastraCompositeStore({ id: "composed", default: others, domains: { workflows } });
  return new Mastra({ storage, workflows: { approval, crash }, logger: noopLogger as never });
}
