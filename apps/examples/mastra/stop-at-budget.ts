import type { OpenAIProvider } from "@ai-sdk/openai";
import { budgetExceededIn } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { withModel } from "../ai-sdk/with-model.ts";
import { costTree } from "../core/report.ts";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { openDigest } from "./open-digest.ts";
import { scriptedCrew } from "./scripted-crew.ts";

/** A workflow of agents with too little money: the call that does not fit is not sent, its step is suspended, and what is done is kept. */
async function stopAtBudget(openai: OpenAIProvider): Promise<void> {
  const { wflo, digest } = openDigest(openai("gpt-4.1-mini"), pglite(stateFolder));
  try {
    const { page } = await digest.run({ question: "Which decisions are there?" }, { budget: "0.003" });
    console.log(`${page}\nThe work was done before the cap was reached.`);
  } catch (error) {
    const refusal = budgetExceededIn(error);
    if (refusal?.runId === undefined) throw error;
    console.log(`${refusal.message}\n`);
    const run = await wflo.runs.get(refusal.runId);
    console.log(
      `Run ${refusal.runId} is ${run?.status}: ${run?.cost.calls} calls for $${run?.cost.total}, and none more was sent.`,
    );
    if (run) console.log(costTree(run.cost.tree));
    console.log(`\nGo on with: npm run example mastra/resume ${refusal.runId}`);
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(stopAtBudget, scriptedCrew));
