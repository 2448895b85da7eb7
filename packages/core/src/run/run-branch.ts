import { CheckpointTree } from "../checkpoint/checkpoint-tree.ts";
import type { Lineage } from "../checkpoint/lineage.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import type { RunRow, StepRow } from "../ports/run-store.ts";
import type { RunServices } from "./run-services.ts";

/** More checkpoints than a run can have in practice. */
const MAX_CHECKPOINTS = 1_000_000;
/** Forks of forks are followed this far. */
const MAX_FORKS = 100;

/** Everything a run has saved, with what the runs saved that it was forked off. */
export interface RunBranch {
  readonly tree: CheckpointTree;
  /** What led to where the run is. */
  readonly lineage: Lineage;
  /** In the order they were saved, those that a rollback un-finished included. */
  readonly steps: readonly StepRow[];
}

/** Where the checkpoints of a run are kept: those of a run and its forks share one thread. */
export function lineOf(run: Pick<RunRow, "id" | "threadId">): {
  readonly thread: string;
  readonly namespace: string;
} {
  return { thread: `run/${run.threadId}`, namespace: run.id };
}

/** Reads what a run has saved, and the runs it was forked off. */
export async function loadBranch(services: RunServices, run: RunRow): Promise<RunBranch> {
  const { database, tenant } = services;
  const rows: CheckpointHeader[] = [];
  const steps: StepRow[] = [];
  let at: RunRow | undefined = run;
  for (let depth = 0; at !== undefined && depth < MAX_FORKS; depth++) {
    const [line, saved]: [readonly CheckpointHeader[], readonly StepRow[]] = await Promise.all([
      database.checkpoints.list(tenant, { ...lineOf(at), limit: MAX_CHECKPOINTS }),
      database.runs.steps(tenant, at.id),
    ]);
    rows.push(...line);
    steps.unshift(...saved);
    at = at.forkedFrom && (await database.runs.get(tenant, at.forkedFrom.runId));
  }
  const tree = new CheckpointTree(rows);
  return { tree, lineage: tree.lineageOf(tree.headOf(run.id)), steps };
}

/** The branch of a run that has saved nothing yet. */
export function emptyBranch(): RunBranch {
  const tree = new CheckpointTree([]);
  return { tree, lineage: tree.lineageOf(undefined), steps: [] };
}

/** The steps that are finished where a run is. */
export function finishedSteps({ lineage, steps }: Pick<RunBranch, "lineage" | "steps">): StepRow[] {
  return steps.filter(({ checkpointId }) => lineage.keeps(checkpointId));
}
