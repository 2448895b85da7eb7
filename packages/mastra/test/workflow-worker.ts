import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { createWflo, currentRun } from "@wflo/core";
import { agentWorkflow, mastraWorkflow, meterModel } from "@wflo/mastra";
import { postgres } from "@wflo/postgres";
import { z } from "zod";

/** A process of its own that starts or resumes a run: `<what> <url> <tenant> <simulator> <run id> <file> <start|take-over>`. What is done is told. */
const [what = "", url = "", tenant = "", simulator = "", runId = "", file = "", how = "start"] =
  process.argv.slice(2);
const wflo = createWflo({ database: postgres({ url, max: 4 }), tenant, logger: false, drainMs: 1_000 });
const model = createOpenAI({ baseURL: simulator, apiKey: "none" })("gpt-4.1-nano");
const metered = meterModel(model);
const Text = z.object({ text: z.string() });
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function did(name: string): Promise<void> {
  process.send?.({ did: name });
  await pause(60);
}

function step(id: string) {
  return createStep({
    id,
    inputSchema: Text,
    outputSchema: Text,
    execute: async ({ inputData: { text } }) => {
      const content = [{ type: "text", text: `step ${id} ${text}.` }];
      await metered.doGenerate({ prompt: [{ role: "user", content }], maxOutputTokens: 200 } as never);
      await did(currentRun()?.step ?? "");
      return { text: `${text}${id}` };
    },
  });
}

const SCHEMAS = { inputSchema: Text, outputSchema: Text };
const inner = createWorkflow({ id: "inner", ...SCHEMAS })
  .then(step("i"))
  .then(step("j"))
  .commit();
const workflow = createWorkflow({ id: "killed", inputSchema: Text, outputSchema: z.array(Text) })
  .then(step("a"))
  .parallel([step("b"), step("c"), inner as never])
  .map(async ({ inputData }) => {
    const { b, inner: nested } = inputData as Readonly<Record<string, { readonly text: string }>>;
    return { text: `${b?.text}${nested?.text}` };
  })
  .dountil(step("l"), async ({ inputData: { text } }) => text.endsWith("lll"))
  .map(async () => ["x", "y", "z"].map((text) => ({ text })))
  .foreach(step("f"), { concurrency: 2 })
  .commit();
const look = createTool({
  id: "look",
  description: "Looks.",
  inputSchema: z.object({ at: z.number() }),
  execute: async ({ at }) => {
    await did(currentRun()?.step ?? "");
    return { seen: at };
  },
});
const agent = new Agent({
  id: "agent",
  name: "agent",
  instructions: "Look.",
  model: model as never,
  tools: { look },
});
const storage = new LibSQLStore({ id: "killed", url: `file:${file}` });
const mastra = new Mastra({
  workflows: { workflow },
  agents: { agent },
  storage,
  logger: noopLogger as never,
});
const options = { modelSettings: { maxOutputTokens: 200 }, maxSteps: 20 };
const work =
  what === "agent"
    ? wflo.workflow<unknown, unknown>("killed", agentWorkflow(mastra.getAgent("agent"), { options }), {
        budget: "1.00",
      })
    : wflo.workflow<unknown, unknown>("killed", mastraWorkflow(mastra.getWorkflow("workflow")) as never, {
        budget: "1.00",
      });
const input = what === "agent" ? "Look around." : { text: "" };
process.send?.("ready");
try {
  const value =
    how === "start" ? await work.run(input, { runId }) : await work.resume(runId, { takeOver: true });
  process.send?.({ value: what === "agent" ? (value as { text: string }).text : value });
} catch (error) {
  process.send?.({ failed: (error as { code?: string }).code ?? String(error) });
}
await wflo.close();
process.disconnect?.();
