import { openWflo } from "./open-wflo.ts";
import { orSentence } from "./or-sentence.ts";
import { checkpointTable, costTable } from "./report.ts";

// The second process: knows nothing but the id of the run.
const [database = ".wflo", runId = "", to = "0.05"] = process.argv.slice(2);
await orSentence(async () => {
  const { wflo, explore } = openWflo(database);
  try {
    const before = await wflo.runs.get(runId);
    let answer = before?.result;
    if (before?.status !== "completed") {
      console.log(`Process ${process.pid} raises the cap to $${to} and resumes:`);
      answer = await explore.resume(runId, { topUp: { to } });
    }
    const run = await wflo.runs.get(runId);
    const budget = await wflo.budgets.get(`run/${runId}`);
    console.log(`\n${String(answer)}\n`);
    if (run) console.log(`${costTable(run)}\n\n${checkpointTable(run)}\n`);
    const [window] = budget?.windows ?? [];
    console.log(`Budget run/${runId}: $${window?.spent} spent of $${window?.cap}, $${budget?.left} left.`);
    process.send?.(run?.cost ?? {});
  } finally {
    await wflo.close();
  }
});
process.disconnect?.();
