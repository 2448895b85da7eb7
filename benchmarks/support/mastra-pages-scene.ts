import type { StorageListWorkflowRunsInput } from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";
import { MASTRA_STORES, openMastraStore, type MastraStoreName } from "./open-mastra-store.ts";
import type { WorkflowFigures } from "./mastra-workflow-scene.ts";
import { median } from "./percentile.ts";
import { prose } from "./prose.ts";

const PER_PAGE = 20;
const AT_ONCE = 50;
const READS = 15;
const FIRST_MS = Date.UTC(2026, 0, 1);

/** Pages of many short runs, of which one in ten is suspended and one in seven of another workflow: the stores take turns. */
export async function playPages(
  url: string,
  runs: number,
): Promise<ReadonlyMap<MastraStoreName, readonly WorkflowFigures[]>> {
  const opened = new Map<MastraStoreName, Awaited<ReturnType<typeof openMastraStore>>>();
  for (const name of MASTRA_STORES) {
    const open = await openMastraStore(name, url);
    for (let at = 0; at < runs; at += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, runs - at) }, (_, next) => runOf(at + next));
      await Promise.all(batch.map((run) => open.workflows.persistWorkflowSnapshot(run)));
    }
    opened.set(name, open);
  }
  const times = new Map(MASTRA_STORES.map((name) => [name, {} as Record<string, number>]));
  for (const [title, input] of Object.entries(pagesOf(runs))) {
    const found = new Map<MastraStoreName, number[]>(MASTRA_STORES.map((name) => [name, []]));
    for (let round = 0; round < READS; round += 1) {
      for (const name of round % 2 === 0 ? MASTRA_STORES : MASTRA_STORES.toReversed()) {
        const started = performance.now();
        await opened.get(name)?.workflows.listWorkflowRuns(input);
        found.get(name)?.push(performance.now() - started);
      }
    }
    for (const name of MASTRA_STORES) (times.get(name) ?? {})[title] = median(found.get(name) ?? []);
  }
  for (const open of opened.values()) await open.close();
  return new Map([...times].map(([name, figures]) => [name, [figures]]));
}

function pagesOf(runs: number): Readonly<Record<string, StorageListWorkflowRunsInput>> {
  const middle = Math.floor(runs / PER_PAGE / 2);
  return {
    "first page ms": { page: 0, perPage: PER_PAGE },
    "page in the middle ms": { page: middle, perPage: PER_PAGE },
    "page of a workflow ms": { workflowName: "often", page: 2, perPage: PER_PAGE },
    "page of suspended ms": { status: "suspended", page: 2, perPage: PER_PAGE },
  };
}

function runOf(at: number) {
  const runId = `run-${at}`;
  const createdAt = new Date(FIRST_MS + at * 1000);
  const status = at % 10 === 0 ? "suspended" : "success";
  const state: object = {
    runId,
    status,
    value: {},
    context: { input: { text: prose(200, at) } },
    timestamp: at,
  };
  const workflowName = at % 7 === 0 ? "seldom" : "often";
  return { workflowName, runId, createdAt, updatedAt: createdAt, snapshot: state as WorkflowRunState };
}
