import type { OpenAIProvider } from "@ai-sdk/openai";
import { createWflo, usd } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { digestAgent } from "./digest-agent.ts";
import { withModel } from "./with-model.ts";

/** Another process: finds the paused agent, or takes the run it is given, raises its cap, and goes on where it stopped. */
async function resume(openai: OpenAIProvider): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  const digest = digestAgent(wflo, openai);
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

    const { text } = await digest.resume(runId, { topUp: { to } });

    console.log(
      `${skipped} answers and results of tools were saved before: none is asked for or paid again.`,
    );
    console.log(`\n${text}\n`);
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
