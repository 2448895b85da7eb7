import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import type { OpenMastraStore } from "./open-mastra-store.ts";
import { median } from "./percentile.ts";
import { prose } from "./prose.ts";

/** What one play gave, by the name of the figure. */
export type WorkflowFigures = Readonly<Record<string, number>>;

const CHARACTERS = 2_000;
const READS = 10;
const RUNS = 3;
/** What steps are given and return: JSON Schema, which Mastra takes and does not declare. */
const TEXT = {
  type: "object",
  properties: { text: { type: "string" } },
  required: ["text"],
} as never;

/** A few runs of a workflow, one after the other; the first one warms up and is not counted. */
export async function playWorkflow(open: OpenMastraStore, steps: number): Promise<WorkflowFigures> {
  const { store, workflows, bytes, vacuum, log } = open;
  const workflow = workflowOf(steps);
  const mastra = new Mastra({ storage: store, workflows: { workflow }, logger: noopLogger as never });
  await runOnce(mastra, 0);
  await vacuum();
  const persists = timePersists(workflows);
  const [emptyBytes, logBefore] = [await bytes(), await log()];
  const started = performance.now();
  let runId = "";
  for (let at = 1; at <= RUNS; at += 1) runId = await runOnce(mastra, at);
  const seconds = (performance.now() - started) / 1000;
  const [logAfter, afterRuns] = [await log(), await bytes()];
  await vacuum();
  const kept = await bytes();
  const key = { workflowName: "workflow", runId };
  const medianOf = async (work: () => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    for (let at = 0; at < READS; at += 1) times.push(await msOf(work));
    return median(times);
  };
  return {
    "wall s a run": seconds / RUNS,
    "persist ms": median(persists),
    "persists a run": persists.length / RUNS,
    "load ms": await medianOf(() => workflows.loadWorkflowSnapshot(key)),
    "list of 3 ms": await medianOf(() =>
      workflows.listWorkflowRuns({ workflowName: "workflow", page: 0, perPage: 3 }),
    ),
    "list of suspended ms": await medianOf(() => workflows.listWorkflowRuns({ status: "suspended" })),
    "MB written to the log": (logAfter - logBefore) / 1e6 / RUNS,
    "MB on disk a run": (afterRuns - emptyBytes) / 1e6 / RUNS,
    "MB a run, vacuumed": (kept - emptyBytes) / 1e6 / RUNS,
  };
}

function workflowOf(steps: number): ReturnType<typeof createWorkflow> {
  let workflow: object = createWorkflow({ id: "workflow", inputSchema: TEXT, outputSchema: TEXT });
  for (let at = 1; at <= steps; at += 1) {
    const step = createStep({
      id: `step-${at}`,
      inputSchema: TEXT,
      outputSchema: TEXT,
      execute: (async ({ runId }: { readonly runId: string }) => ({
        text: `${runId} ${prose(CHARACTERS, at)}`,
      })) as never,
    });
    workflow = (workflow as { then: (next: unknown) => object }).then(step);
  }
  return (workflow as { commit: () => unknown }).commit() as ReturnType<typeof createWorkflow>;
}

async function runOnce(mastra: Mastra, seed: number): Promise<string> {
  const run = await mastra.getWorkflow("workflow" as never).createRun();
  const result = await run.start({ inputData: { text: prose(CHARACTERS, 1_000 + seed) } });
  if (result.status !== "success") throw new Error(`the run is ${result.status}`);
  return run.runId;
}

/** What each persist takes from now on. */
function timePersists(workflows: OpenMastraStore["workflows"]): number[] {
  const times: number[] = [];
  const persist = workflows.persistWorkflowSnapshot.bind(workflows);
  workflows.persistWorkflowSnapshot = async (run) => {
    const started = performance.now();
    await persist(run);
    times.push(performance.now() - started);
  };
  return times;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
