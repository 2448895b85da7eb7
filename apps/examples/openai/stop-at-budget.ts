import { budgetExceededIn, createWflo, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import type OpenAI from "openai";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { digestWorkflow } from "./digest-workflow.ts";
import { withModel } from "./with-model.ts";

/** An agent loop with too little money: the call that does not fit is not sent, and the turns that are done are kept. */
async function stopAtBudget(client: OpenAI): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const digest = digestWorkflow(wflo, wfloOpenAI(client, { wflo }));
  try {
    console.log(await digest.run("Which design decisions are there?", { budget: "0.004" }));
    console.log("The work was done before the cap was reached.");
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
  console.log(`Saved: ${run?.steps.map(({ path }) => path).join(", ")}`);
  console.log(`\nGo on with: npm run example openai/resume ${runId}`);
}

await orSentence(() => withModel(stopAtBudget));
