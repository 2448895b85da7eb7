import type { OpenAIProvider } from "@ai-sdk/openai";
import { meter, wfloMetadata } from "@wflo/ai-sdk";
import { createWflo } from "@wflo/core";
import { generateText, isStepCount, streamText, type ProviderMetadata } from "ai";
import { orSentence } from "../demo/or-sentence.ts";
import { decisionTools } from "./decision-tools.ts";
import { withModel } from "./with-model.ts";

/** Code that uses the AI SDK already, and one call more: every model of the provider is held to a budget, and priced. */
async function basic(provider: OpenAIProvider): Promise<void> {
  const wflo = createWflo();
  await wflo.budgets.set({ id: "user/42", caps: { day: "0.50" } });
  const openai = meter(provider, { wflo, budgets: ["user/42"] }); // the call more
  const model = openai.chat("gpt-4.1-mini");

  console.log("A text:");
  const prompt = "What is a hard budget, in one sentence?";
  const { text, providerMetadata } = await generateText({ model, prompt });
  console.log(`${text}\n${priceOf(providerMetadata)}\n`);

  console.log("A streamed text:");
  const streamed = streamText({ model, prompt: "Why is money held before a call is sent?" });
  for await (const piece of streamed.textStream) process.stdout.write(piece);
  console.log(`\n${priceOf(await streamed.providerMetadata)}\n`);

  console.log("A loop of tools:");
  const looped = await generateText({
    model,
    prompt: "Name the decisions 1 and 2 of this project.",
    tools: decisionTools,
    activeTools: ["read_decision"],
    stopWhen: isStepCount(10),
  });
  const prices = looped.steps.map((step) => `  ${priceOf(step.providerMetadata)}`);
  console.log(`${looped.text}\n${prices.join("\n")}\n`);

  await wflo.flush();
  const budget = await wflo.budgets.get("user/42");
  console.log(
    `$${budget?.windows[0]?.spent} of $${budget?.windows[0]?.cap} is spent today; $${budget?.left} is left.`,
  );
  await wflo.close();
}

/** What a call cost and what it left, from where the AI SDK keeps such things. */
function priceOf(metadata: ProviderMetadata | undefined): string {
  const told = wfloMetadata(metadata);
  return `($${told?.cost}; budget ${told?.left?.budgetId} has $${told?.left?.amount} left)`;
}

await orSentence(() => withModel(basic));
