import type { OpenAIProvider } from "@ai-sdk/openai";
import { usd } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { withModel } from "../ai-sdk/with-model.ts";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { openDigest } from "./open-digest.ts";
import { scriptedCrew } from "./scripted-crew.ts";

/** Another process: finds the paused workflow, or takes the run it is given, raises its cap, and goes on at the steps that were suspended. */
async function resume(openai: OpenAIProvider): Promise<void> {
  const { wflo, digest } = openDigest(openai("gpt-4.1-mini"), pglite(stateFolder));
  try {
    const [paused] = await wflo.runs.list({ workflow: digest.name, status: "paused", limit: 1 });
    const [runId = paused?.id, to = "0.10"] = process.argv.slice(2);
    if (runId === undefined) {
      console.log("There is nothing to resume: no digest is paused. stop-at-budget.ts makes one that is.");
      return;
    }
    const before = (await wflo.runs.get(runId))?.cost;
    let skipped = 0;
    wflo.on("step-skipped", () => (skipped += 1));

    const { page } = await digest.resume(runId, { topUp: { to } });

    console.log(`${skipped} steps were saved before: none is done or paid for again.\n\n${page}\n`);
    const after = (await wflo.runs.get(runId))?.cost;
    const now = usd(after?.total ?? 0).minus(before?.total ?? 0);
    console.log(
      `$${before?.total} before and $${now.toString()} now make $${after?.total} for ${after?.calls} calls.`,
    );
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(resume, scriptedCrew));
