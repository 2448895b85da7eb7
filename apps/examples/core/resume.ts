import { createWflo, usd, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import type OpenAI from "openai";
import { orSentence } from "../demo/or-sentence.ts";
import { costTree, firstLines, readable } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { stateFolder } from "./settings.ts";
import { withModel } from "./with-model.ts";

/** Another process: finds a paused run, or takes the one it is given, raises its cap, and goes on where it stopped. */
async function resume(openai: OpenAI): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const research = researchWorkflow(wflo, wfloOpenAI(openai, { wflo }));
  try {
    const [paused] = await wflo.runs.list({ workflow: research.name, status: "paused", limit: 1 });
    const [runId = paused?.id, to = "0.10"] = process.argv.slice(2);
    if (runId === undefined) {
      console.log("There is nothing to resume: no research is paused. stop-at-budget.ts makes one that is.");
      return;
    }
    const spent = (await wflo.runs.get(runId))?.cost.total ?? "0";
    showSteps(wflo);

    const { page, cost } = await research.resume(runId, { topUp: { to } });

    console.log(`\n${firstLines(page)}\n`);
    console.log(`What it cost in both processes:\n${costTree(cost.tree)}\n`);
    const now = usd(cost.total).minus(spent).toString();
    console.log(`$${spent} before and $${now} now make $${cost.total}.`);
  } finally {
    await wflo.close();
  }
}

function showSteps(wflo: Wflo): void {
  wflo.on("step-skipped", ({ step }) => console.log(`  saved before, not paid again: ${readable(step)}`));
  wflo.on("step-saved", ({ step }) => console.log(`  done now: ${readable(step)}`));
}

await orSentence(() => withModel(resume));
