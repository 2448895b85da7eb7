import { createWflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { orSentence } from "../demo/or-sentence.ts";
import { openModel } from "./open-model.ts";
import { costTree } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { folder, question } from "./settings.ts";

// Agents do a piece of research under a budget, and tell what it cost. Everything is kept in memory.
await orSentence(async () => {
  const model = await openModel();
  const wflo = createWflo();
  try {
    const research = researchWorkflow(wflo, wfloOpenAI(model.openai, { wflo }));

    const { page, cost } = await research.run({ folder, question }, { budget: "0.10" });

    console.log(`${page.split("\n").slice(0, 8).join("\n")}\n`);
    console.log(`What it cost:\n${costTree(cost.tree)}\n`);
    console.log(
      `$${cost.abandoned} of it went into the draft that was sent back. $${cost.remaining} remains.`,
    );
  } finally {
    await wflo.close();
    await model.close();
  }
});
