import type { ChatOpenAI } from "@langchain/openai";
import { usd } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { costTree, firstLines } from "../core/report.ts";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { openResearch } from "./open-research.ts";
import { withModel } from "./with-model.ts";

/** Another process: finds the paused run, or takes the one it is given, raises its cap, and goes on at the node that was stopped. */
async function resume(model: ChatOpenAI): Promise<void> {
  const { wflo, research } = openResearch(model, pglite(stateFolder));
  try {
    const [paused] = await wflo.runs.list({ workflow: research.name, status: "paused", limit: 1 });
    const [runId = paused?.id, to = "0.50"] = process.argv.slice(2);
    if (runId === undefined) {
      console.log("There is nothing to resume: no research is paused. stop-at-budget.ts makes one that is.");
      return;
    }
    const before = (await wflo.runs.get(runId))?.cost;
    wflo.on("call-end", ({ step = "", cost }) => console.log(`  ${step.padEnd(8)} is paid now: $${cost}`));

    const { page } = await research.resume(runId, { topUp: { to } });

    const after = (await wflo.runs.get(runId))?.cost;
    console.log(`\n${firstLines(page)}\n`);
    if (after) console.log(`What it cost in both processes:\n${costTree(after.tree)}\n`);
    const now = usd(after?.total ?? 0)
      .minus(before?.total ?? 0)
      .toString();
    console.log(`$${before?.total} before and $${now} now make $${after?.total} for ${after?.calls} calls.`);
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(resume));
