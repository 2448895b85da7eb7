import { createWflo, type LedgerLine } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import { orSentence } from "../demo/or-sentence.ts";
import { readDecision } from "./decisions.ts";
import { withModel } from "./with-model.ts";

const model = "gpt-4.1-mini";

/** Code that uses OpenAI already, and one line more: each call is held to a budget before it is sent, and priced after it. */
async function basic(client: OpenAI): Promise<void> {
  const wflo = createWflo();
  await wflo.budgets.set({ id: "user/42", caps: { day: "0.50" } });
  const openai = wfloOpenAI(client, { wflo, budgets: ["user/42"] }); // the line more

  console.log("A chat call:");
  const { choices } = await openai.chat.completions.create({
    model,
    messages: [{ role: "user", content: "What is a hard budget, in one sentence?" }],
  });
  console.log(`${choices[0]?.message.content}\n`);

  console.log("A streamed response:");
  const input = "Why is money held before a call is sent?";
  for await (const event of await openai.responses.create({ model, input, stream: true })) {
    if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
  }

  console.log("\n\nA helper that calls the model until it needs no more tools:");
  const { name, description, parameters, use } = readDecision;
  const runner = openai.chat.completions.runTools({
    model,
    messages: [{ role: "user", content: "Name the decisions 1 and 2 of this project." }],
    tools: [
      { type: "function", function: { name, description, parameters, parse: JSON.parse, function: use } },
    ],
  });
  console.log(`${await runner.finalContent()}\n`);

  const calls = await wflo.calls.list();
  console.log(`What each call has cost:\n${calls.map(lineOf).join("\n")}\n`);
  const budget = await wflo.budgets.get("user/42");
  console.log(
    `$${budget?.windows[0]?.spent} of $${budget?.windows[0]?.cap} is spent today; $${budget?.left} is left.`,
  );
  await wflo.close();
}

function lineOf({ charged, provider, model: served, receipt }: LedgerLine): string {
  const { inputTokens = 0, outputTokens = 0 } = (receipt["usage"] ?? {}) as Record<string, number>;
  return `  $${charged.padEnd(11)} ${provider}/${served}: ${inputTokens} tokens in, ${outputTokens} out`;
}

await orSentence(() => withModel(basic));
