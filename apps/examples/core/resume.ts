import { createWflo, usd } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import { orSentence } from "../demo/or-sentence.ts";
import { openModel } from "./open-model.ts";
import { costTree, showSteps } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { stateFolder } from "./settings.ts";

// Another process: finds the paused run, gives it more money, and goes on where it stopped.
await orSentence(async () => {
  const model = await openModel();
  const wflo = createWflo({ database: pglite(stateFolder) });
  try {
    const research = researchWorkflow(wflo, wfloOpenAI(model.openai, { wflo }));
    const [paused] = await wflo.runs.list({ workflow: research.name, status: "paused", limit: 1 });
    const runId = process.argv[2] ?? paused?.id;
    if (runId === undefined) {
      console.log("There is nothing to resume: no research is paused. stop-at-budget.ts makes one that is.");
      return;
    }
    showSteps(wflo);
    const before = await wflo.runs.get(runId);

    const { page, cost } = await research.resume(runId, { topUp: { to: "0.10" } });

    console.log(`\n${page.split("\n").slice(0, 8).join("\n")}\n`);
    console.log(`What it cost in both processes:\n${costTree(cost.tree)}\n`);
    const earlier = before?.cost.total ?? "0";
    console.log(`$${earlier} before, $${usd(cost.total).minus(earlier)} now: $${cost.total} together.`);
  } finally {
    await wflo.close();
    await model.close();
  }
});
