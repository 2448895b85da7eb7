import type { ChatOpenAI } from "@langchain/openai";
import { memoryDatabase } from "@wflo/core";
import { costTree, firstLines } from "../core/report.ts";
import { folder, question } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { openResearch } from "./open-research.ts";
import { withModel } from "./with-model.ts";

/** A graph with parallel branches under a budget, and what each of its nodes cost. Everything is kept in memory. */
async function basic(model: ChatOpenAI): Promise<void> {
  const { wflo, research } = openResearch(model, memoryDatabase());
  try {
    const runId = crypto.randomUUID();
    const { page } = await research.run({ folder, question }, { budget: "0.50", runId });

    console.log(`${firstLines(page)}\n`);
    const run = await wflo.runs.get(runId);
    if (run)
      console.log(
        `What it cost:\n${costTree(run.cost.tree)}\n\n$${run.cost.remaining} of its budget remains.`,
      );
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(basic));
