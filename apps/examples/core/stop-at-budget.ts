import { budgetExceededIn, createWflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import { orSentence } from "../demo/or-sentence.ts";
import { openModel } from "./open-model.ts";
import { readable } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { folder, question, stateFolder } from "./settings.ts";

// The same research with too little money: it stops before the call that does not fit, and keeps what is done.
await orSentence(async () => {
  const model = await openModel();
  const wflo = createWflo({ database: pglite(stateFolder) });
  try {
    const research = researchWorkflow(wflo, wfloOpenAI(model.openai, { wflo }));
    await research.run({ folder, question }, { budget: "0.008" });
    console.log("The work was done before the cap was reached.");
  } catch (error) {
    const refusal = budgetExceededIn(error);
    if (refusal?.runId === undefined) throw error;
    const run = await wflo.runs.get(refusal.runId);
    console.log(`${refusal.message}\n`);
    console.log(`Run ${run?.id} is ${run?.status}. It has spent $${run?.cost.total}, and this is saved:`);
    for (const { path } of run?.steps ?? []) console.log(`  ${readable(path)}`);
    console.log(`\nGo on with: node ${import.meta.dirname}/resume.ts ${run?.id}`);
  } finally {
    await wflo.close();
    await model.close();
  }
});
