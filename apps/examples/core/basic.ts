import { createWflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import { orSentence } from "../demo/or-sentence.ts";
import { costTree, firstLines } from "./report.ts";
import { researchWorkflow } from "./research-workflow.ts";
import { folder, question } from "./settings.ts";
import { withModel } from "./with-model.ts";

/** Agents do a piece of research under a budget, and tell what it cost. Everything is kept in memory. */
async function basic(openai: OpenAI): Promise<void> {
  const wflo = createWflo();
  const research = researchWorkflow(wflo, wfloOpenAI(openai, { wflo }));
  try {
    const { page, cost } = await research.run({ folder, question }, { budget: "0.10" });

    console.log(`${firstLines(page)}\n`);
    console.log(`What it cost:\n${costTree(cost.tree)}\n`);
    console.log(`$${cost.abandoned} of it went into drafts that were sent back. $${cost.remaining} remains.`);
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(basic));
