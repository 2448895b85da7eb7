import { postgres } from "@wflo/postgres";
import { mastraOn, executed } from "./workflows-storage-workflow.ts";
import { newStorage } from "./workflows-storage-stores.ts";

/** A process of its own: what to do with which run of whose database. Prints JSON. */
const [, , what = "", url = "", tenant = "", runId = "", name = ""] = process.argv;

const database = postgres({ url });
const storage = await newStorage(database, tenant);

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  async start() {
    const run = await mastraOn(storage).getWorkflow("crash").createRun({ runId });
    return run.start({ inputData: { text: "hi" } });
  },
  async resume() {
    const run = await mastraOn(storage).getWorkflow("approval").createRun({ runId });
    return { ...(await run.resume({ step: "approve", resumeData: { by: name } })), executed };
  },
  /** Takes a suspended run if nobody has, then records ten results whoever has it, and its whole state never. */
  async contend() {
    const opts = { status: "running", expectedStatus: "suspended" } as const;
    const taken = await storage.updateWorkflowState({ workflowName: "w", runId, opts });
    for (let at = 0; at < 10; at += 1) {
      const result = { status: "success", payload: {}, output: at, startedAt: 1, endedAt: 2 } as const;
      const requestContext = { [`${name}${at}`]: at };
      await storage.updateWorkflowResults({
        workflowName: "w",
        runId,
        stepId: `${name}${at}`,
        result,
        requestContext,
      });
    }
    return { won: taken !== undefined };
  },
  /** Saves whole states. */
  async persist() {
    for (let at = 0; at < 10; at += 1) {
      const context = { input: name, [name]: { status: "success", output: "x".repeat(200) + String(at) } };
      const snapshot = { runId, status: at === 9 ? "success" : "running", context, value: {} };
      await storage.persistWorkflowSnapshot({ workflowName: "w", runId, snapshot: snapshot as never });
    }
    return {};
  },
};

const result = await works[what]?.();
await database.close();
console.log(JSON.stringify(result));
process.exit(0);
