import { budgetExceededIn } from "@wflo/core";
import { openWflo } from "./open-wflo.ts";
import { orSentence } from "./or-sentence.ts";
import { runTable } from "./report.ts";

// The first process: starts the work under a cap that is too small for it.
const [database = ".wflo", folder = ".", question = "", model = "", budget = "0.01"] = process.argv.slice(2);
await orSentence(async () => {
  const { wflo, explore } = openWflo(database);
  try {
    const earlier = await wflo.runs.list({ limit: 10 });
    if (earlier.length > 0) console.log(`Earlier runs in ${database}:\n${runTable(earlier)}\n`);
    wflo.on("run-start", ({ runId }) => {
      console.log(`Process ${process.pid} starts run ${runId} with a budget of $${budget}:`);
      process.send?.(runId);
    });
    await explore.run({ folder, question, model }, { budget });
    console.log("\nThe work was done before the cap was reached; set a lower --budget to see it pause.");
  } catch (error) {
    const refusal = budgetExceededIn(error);
    if (!refusal) throw error;
    console.log(`\nPaused. ${refusal.message}`);
  } finally {
    await wflo.close();
  }
});
process.disconnect?.();
