import { Lineage } from "../checkpoint/lineage.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import type { RunRow, StepRow } from "../ports/run-store.ts";
import type { RunServices } from "./run-services.ts";

/** A run has at most this many checkpoints on its branch; older ones are not looked at. */
const MAX_LINEAGE = 100_000;
/** Forks of forks are followed this far. */
const MAX_FORKS = 100;

/** Where a run stands: the checkpoints that led there, and the steps that are finished there. */
export interface RunBranch {
  readonly lineage: Lineage;
  /** In the order they were saved, without those that a rollback un-finished; with those of the run it was forked off. */
  readonly steps: readonly StepRow[];
}

/** Where the checkpoints of a run are kept: those of a run and its forks share one thread. */
export function lineOf(run: Pick<RunRow, "id" | "threadId">): {
  readonly thread: string;
  readonly namespace: string;
} {
  return { thread: `run/${run.threadId}`, namespace: run.id };
}

/** Reads where a run stands, through the runs it was forked off. */
export async function loadBranch(services: RunServices, run: RunRow): Promise<RunBranch> {
  const { database, tenant } = services;
  const rows: CheckpointHeader[] = [];
  const steps: StepRow[] = [];
  let at: RunRow | undefined = run;
  let checkpointId: string | undefined;
  for (let depth = 0; at !== undefined && depth < MAX_FORKS; depth++) {
    const [line, saved]: [readonly CheckpointHeader[], readonly StepRow[]] = await Promise.all([
      database.checkpoints.lineage(tenant, { ...lineOf(at), id: checkpointId }, MAX_LINEAGE),
      database.runs.steps(tenant, at.id),
    ]);
    rows.unshift(...line.toReversed());
    steps.unshift(...saved);
    checkpointId = at.forkedFrom?.checkpointId;
    at = at.forkedFrom && (await database.runs.get(tenant, at.forkedFrom.runId));
  }
  const lineage = new Lineage(rows);
  return { lineage, steps: steps.filter((step) => lineage.keeps(step.checkpointId)) };
}
