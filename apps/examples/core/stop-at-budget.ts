import { budgetExceededIn, createWflo, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import type OpenAI from "openai";
import { orSentence } from "../demo/or-sentence.ts";
import { readable } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { folder, question, stateFolder } from "./settings.ts";
import { withModel } from "./with-model.ts";

/** The same research with too little money: the call that does not fit is not sent, and what is done is kept. */
async function stopAtBudget(openai: OpenAI): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const research = researchWorkflow(wflo, wfloOpenAI(openai, { wflo }));
  try {
    await research.run({ folder, question }, { budget: "0.007" });
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
  console.log(`Run ${runId} is ${run?.status}. It has spent $${run?.cost.total}, and this is saved:`);
  for (const { path } of run?.steps ?? []) console.log(`  ${readable(path)}`);
  console.log(`\nGo on with: npm run example core/resume ${runId}`);
}

await orSentence(() => withModel(stopAtBudget));
