import type { OpenAIProvider } from "@ai-sdk/openai";
import { budgetExceededIn, createWflo, type Wflo } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { digestAgent } from "./digest-agent.ts";
import { withModel } from "./with-model.ts";

/** An agent with too little money: the call that does not fit is not sent, and what it has done is kept. */
async function stopAtBudget(openai: OpenAIProvider): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const digest = digestAgent(wflo, openai);
  try {
    const { text } = await digest.run({ prompt: "Which design decisions are there?" }, { budget: "0.004" });
    console.log(`${text}\nThe work was done before the cap was reached.`);
  } catch (error) {
    const refusal = budgetExceededIn(error);
    if (refusal?.runId === undefined) throw error;
    console.log(`${refusal.message}\n`);
    await showPaused(wflo, refusal.runId);
  } finally {
    await wflo.close();
  }
}

async function showPaused(wflo: Wflo, runId: string): Promise<void> {
  const run = await wflo.runs.get(runId);
  console.log(
    `Run ${runId} is ${run?.status}: ${run?.cost.calls} calls for $${run?.cost.total}, and none more was sent.`,
  );
  const names = run?.steps.map(({ path }) => path.split(":")[0]);
  console.log(`Saved: ${names?.join(", ")}`);
  console.log(`\nGo on with: npm run example ai-sdk/resume ${runId}`);
}

await orSentence(() => withModel(stopAtBudget));
