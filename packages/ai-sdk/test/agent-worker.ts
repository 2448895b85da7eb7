import { createOpenAI } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { jsonSchema, tool, ToolLoopAgent } from "ai";

/** A process of its own that starts or resumes the run of an agent: `<url> <tenant> <simulator> <run id> <start|take-over>`. Each look is told. */
const [url = "", tenant = "", simulator = "", runId = "", how = "start"] = process.argv.slice(2);
const wflo = createWflo({ database: postgres({ url, max: 4 }), tenant, logger: false, drainMs: 1_000 });
const openai = createOpenAI({ baseURL: simulator, apiKey: "none" });
const agent = new ToolLoopAgent({
  model: meter(openai.chat("gpt-4.1-nano")),
  maxOutputTokens: 200,
  maxRetries: 0,
  tools: {
    look: tool({
      inputSchema: jsonSchema<{ at: number }>({ type: "object", properties: { at: { type: "number" } } }),
      execute: async ({ at }) => {
        process.send?.({ looked: at });
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { seen: at };
      },
    }),
  },
});
const work = wflo.workflow("killed", agent, { budget: "1.00" });
process.send?.("ready");
try {
  const { text } =
    how === "start"
      ? await work.run({ prompt: "Look around." }, { runId })
      : await work.resume(runId, { takeOver: true });
  process.send?.({ text });
} catch (error) {
  process.send?.({ failed: (error as { code?: string }).code ?? String(error) });
}
await wflo.close();
process.disconnect?.();
