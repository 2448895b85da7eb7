import { openai } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { createScorer } from "@mastra/core/evals";
import { Memory } from "@mastra/memory";
import { meterEmbedder, meterModel, wfloProcessor } from "@wflo/mastra";
import { z } from "zod";

const about = { id: "a", name: "a", instructions: "Answer." };

/** Models of the current provider packages fit wherever Mastra takes a model, though Mastra's own types are older than theirs. */
const agent = new Agent({ ...about, model: meterModel(openai("gpt-4.1")) });
new Agent({ ...about, model: meterModel("openai/gpt-4.1") });
new Agent({ ...about, model: meterModel({ id: "openai/gpt-4.1", url: "http://localhost", apiKey: "k" }) });
new Agent({
  ...about,
  model: meterModel([{ model: openai("gpt-4.1"), maxRetries: 2 }, { model: "openai/gpt-4.1-mini" }]),
});
new Agent({
  ...about,
  model: meterModel(({ requestContext }) =>
    requestContext.get("fast") ? openai("gpt-4.1-nano") : "openai/gpt-4.1",
  ),
});
new Agent({
  ...about,
  model: "openai/gpt-4.1",
  inputProcessors: [wfloProcessor({ maxCost: 0.5, scope: "thread", window: "24h" })],
});
void agent.generate("Bees?", {
  structuredOutput: { schema: z.object({ a: z.string() }), model: meterModel(openai("gpt-4.1")) },
});
createScorer({
  id: "s",
  description: "s",
  judge: { model: meterModel(openai("gpt-4.1")), instructions: "Judge." },
});

for (const embedder of [
  meterEmbedder("openai/text-embedding-3-small"),
  meterEmbedder(openai.embedding("text-embedding-3-small")),
  meterEmbedder({ id: "openai/text-embedding-3-small", url: "http://localhost", apiKey: "k" }),
])
  new Memory({ embedder });

// @ts-expect-error A number is no model.
meterModel(4);
// @ts-expect-error Mastra has no such scope.
wfloProcessor({ maxCost: 1, scope: "tenant" });
