import type { OpenAIProvider } from "@ai-sdk/openai";
import { createWflo, usd } from "@wflo/core";
import { stepsCost } from "@wflo/mastra";
import { withModel } from "../ai-sdk/with-model.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { crewOf } from "./crew.ts";
import { scriptedCrew } from "./scripted-crew.ts";

/** An agent with tools, and a supervisor with two agents below it: each answer is priced, and the budget of the one above is that of all. */
async function basic(openai: OpenAIProvider): Promise<void> {
  const wflo = createWflo();
  await wflo.budgets.set({ id: "user/42", caps: { day: "0.05" } });
  const { reader, supervisor } = crewOf(openai("gpt-4.1-mini"), wflo).listAgents();

  console.log("An agent with tools:");
  const read = await reader.generate("What do the decisions 1 and 2 say?");
  console.log(`${read.text}\n(${read.steps.length} steps for $${stepsCost(read)?.cost})\n`);

  console.log("A supervisor and its agents:");
  const told = await supervisor.generate("What do the decisions 13 and 18 say?");
  console.log(`${told.text}\n`);

  const calls = await wflo.calls.list({ limit: 100 });
  for (const [agent, lines] of Map.groupBy(calls, (line) => line.agent ?? "nobody")) {
    const cost = lines.reduce((sum, { charged }) => sum.plus(charged), usd(0));
    console.log(`  $${cost.toString()}  ${lines.length} calls  ${agent}`);
  }

  console.log("\nA cap below what is spent:");
  await wflo.budgets.set({ id: "user/42", caps: { day: "0.0001" } });
  const { tripwire } = await supervisor.generate("What does decision 5 say?");
  console.log(tripwire?.reason);
  await wflo.close();
}

await orSentence(() => withModel(basic, scriptedCrew));
