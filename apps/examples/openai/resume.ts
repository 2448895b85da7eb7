import { createWflo, usd } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import type OpenAI from "openai";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { digestWorkflow } from "./digest-workflow.ts";
import { withModel } from "./with-model.ts";

/** Another process: finds the paused run, or takes the one it is given, raises its cap, and goes on where it stopped. */
async function resume(client: OpenAI): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const digest = digestWorkflow(wflo, wfloOpenAI(client, { wflo }));
  try {
    const [paused] = await wflo.runs.list({ workflow: digest.name, status: "paused", limit: 1 });
    const [runId = paused?.id, to = "0.10"] = process.argv.slice(2);
    if (runId === undefined) {
      console.log("There is nothing to resume: no digest is paused. stop-at-budget.ts makes one that is.");
      return;
    }
    const before = (await wflo.runs.get(runId))?.cost;
    wflo.on("step-skipped", ({ step }) => console.log(`  ${step} was saved before and is not paid again`));
    wflo.on("step-saved", ({ step }) => console.log(`  ${step} is done now`));

    console.log(`\n${await digest.resume(runId, { topUp: { to } })}\n`);

    const after = (await wflo.runs.get(runId))?.cost;
    const now = usd(after?.total ?? 0)
      .minus(before?.total ?? 0)
      .toString();
    console.log(`$${before?.total} before and $${now} now make $${after?.total} for ${after?.calls} calls.`);
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(resume));
