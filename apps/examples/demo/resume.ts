import { openWflo } from "./open-wflo.ts";
import { checkpointTable, costTable } from "./report.ts";

// The second process: knows nothing but the id of the run.
const [database = ".wflo", runId = "", to = "0.05"] = process.argv.slice(2);
const { wflo, explore } = openWflo(database);
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
console.log(
  `Budget run/${runId}: $${budget?.windows[0]?.spent} spent of $${budget?.windows[0]?.cap}, $${budget?.left} left.`,
);
process.send?.(run?.cost ?? {});
process.disconnect?.();
await wflo.close();
