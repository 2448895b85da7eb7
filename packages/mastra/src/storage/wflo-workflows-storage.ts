import { systemClock, type Database } from "@wflo/core";
import {
  createEmptyWorkflowSnapshot,
  executeRetentionPrune,
  matchesExpectedWorkflowStatus,
  mergeWorkflowStepResult,
  resolveRetentionTargets,
  retentionCutoffMs,
  WorkflowsStorage,
  type PruneOptions,
  type PruneResult,
  type RetentionTablesDescriptor,
  type StorageListWorkflowRunsInput,
  type TableRetentionPolicy,
  type WorkflowRun,
  type WorkflowRuns,
} from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";
import { listRuns } from "./list-runs.ts";
import { OldRuns } from "./prune-runs.ts";
import { costOfRun, type WorkflowRunCost } from "./run-cost.ts";
import { THREADS, threadOf, threadsOf } from "./run-key.ts";
import { timeOf } from "./run-notes.ts";
import { RunRows, type StoredRun } from "./run-rows.ts";
import { plainOf, plainState } from "./plain-json.ts";
import { checkedOptions, type WorkflowsStorageOptions } from "./storage-options.ts";

type Persisted = Parameters<WorkflowsStorage["persistWorkflowSnapshot"]>[0];
type ResultsUpdate = Parameters<WorkflowsStorage["updateWorkflowResults"]>[0];
type StateUpdate = Parameters<WorkflowsStorage["updateWorkflowState"]>[0];
type StepResults = Awaited<ReturnType<WorkflowsStorage["updateWorkflowResults"]>>;

/** Threads that are deleted, or looked through, at once. */
const PAGE = 500;

/** A workflow run with what it has cost so far. */
export interface WorkflowRunWithCost extends WorkflowRun {
  readonly cost: WorkflowRunCost;
}

/**
 * Mastra's workflow runs on wflo's checkpoints: a run takes what its steps add, not its whole state at every step. For
 * `new MastraCompositeStore({ id, default: store, domains: { workflows: new WfloWorkflowsStorage({ database }) } })`. Results are those of
 * `@mastra/pg`. Methods reject with `StoreUnavailableError`, those that write with `UnsavableValueError` as well.
 */
export class WfloWorkflowsStorage extends WorkflowsStorage {
  /** The key of Mastra's retention policies; there is no table of that name. */
  static override readonly retentionTables: RetentionTablesDescriptor = {
    workflowSnapshot: { table: "wflo.checkpoint", column: "updatedAt", indexed: false },
  };

  readonly #database: Database;
  readonly #tenant: string;
  readonly #rows: RunRows;

  constructor(options: WorkflowsStorageOptions) {
    super();
    const { database, tenant } = checkedOptions(options);
    this.#database = database;
    this.#tenant = tenant;
    this.#rows = new RunRows({ database, tenant });
  }

  /** Makes wflo's tables where they are not there yet. */
  override async init(): Promise<void> {
    await this.#rows.ask(() => this.#rows.store.threads(this.#tenant, { startsWith: THREADS, limit: 1 }));
  }

  override supportsConcurrentUpdates(): boolean {
    return true;
  }

  override async persistWorkflowSnapshot(run: Persisted): Promise<void> {
    const { workflowName, runId, resourceId, createdAt, updatedAt } = run;
    const nowMs = systemClock.now();
    await this.#rows.save({
      key: { workflowName, runId },
      snapshot: plainState(run.snapshot),
      // Databases have null where Mastra has nothing.
      resourceId: resourceId ?? undefined,
      createdMs: timeOf("createdAt", createdAt, nowMs),
      updatedMs: timeOf("updatedAt", updatedAt, nowMs),
    });
  }

  override async loadWorkflowSnapshot(key: {
    readonly workflowName: string;
    readonly runId: string;
  }): Promise<WorkflowRunState | null> {
    const run = await this.#rows.find(key);
    return run ? (run.snapshot as WorkflowRunState | null) : null;
  }

  /** Records the result of a step. A run that is not there is made, as `@mastra/pg` does. */
  override async updateWorkflowResults({
    workflowName,
    runId,
    ...update
  }: ResultsUpdate): Promise<StepResults> {
    const key = { workflowName, runId };
    const { stepId } = update;
    // As they are now, whatever the caller does to them meanwhile.
    const result = plainOf(update.result, `context.${stepId}`) as ResultsUpdate["result"];
    const requestContext = plainOf(
      update.requestContext,
      "requestContext",
    ) as ResultsUpdate["requestContext"];
    let context: StepResults = {};
    await this.#rows.change(key, (run) => {
      const snapshot = stateOf(run, runId);
      mergeWorkflowStepResult({ snapshot, stepId, result, requestContext });
      context = snapshot.context as StepResults;
      const nowMs = systemClock.now();
      return { key, snapshot, createdMs: nowMs, updatedMs: nowMs };
    });
    return plainOf(context) as StepResults;
  }

  override async updateWorkflowState({
    workflowName,
    runId,
    opts,
  }: StateUpdate): Promise<WorkflowRunState | undefined> {
    const key = { workflowName, runId };
    const { expectedStatus, ...given } = opts;
    const changes = plainOf(given) as Partial<WorkflowRunState>;
    let updated: WorkflowRunState | undefined;
    await this.#rows.change(key, (run) => {
      updated = undefined;
      if (run === undefined) return undefined;
      const snapshot = stateOf(run, runId);
      if (!matchesExpectedWorkflowStatus(snapshot.status, expectedStatus)) return undefined;
      updated = { ...snapshot, ...changes };
      const nowMs = systemClock.now();
      return { key, snapshot: updated, createdMs: nowMs, updatedMs: nowMs };
    });
    return updated;
  }

  /** The last created first. In pages where `page` and `perPage` are numbers; `total` counts all that fit. */
  override async listWorkflowRuns(input: StorageListWorkflowRunsInput = {}): Promise<WorkflowRuns> {
    const { runs, total } = await listRuns(this.#rows, input);
    return { runs: runs.map(runOf), total };
  }

  /** As `listWorkflowRuns`, with what each of the runs has cost. */
  async listWorkflowRunsWithCost(
    input: StorageListWorkflowRunsInput = {},
  ): Promise<{ readonly runs: readonly WorkflowRunWithCost[]; readonly total: number }> {
    const { runs, total } = await this.listWorkflowRuns(input);
    const withCost: WorkflowRunWithCost[] = [];
    // One after the other: a page of a thousand runs must not take all connections.
    for (const run of runs) withCost.push({ ...run, cost: await this.costOf(run.runId) });
    return { runs: withCost, total };
  }

  /** What the calls of a run have cost so far, as far as the ledger has them: `wflo.flush()` brings it those of this process. */
  async costOf(runId: string): Promise<WorkflowRunCost> {
    return costOfRun(this.#database.ledger, this.#tenant, runId);
  }

  override async getWorkflowRunById({
    runId,
    workflowName,
  }: {
    readonly runId: string;
    readonly workflowName?: string;
  }): Promise<WorkflowRun | null> {
    if (workflowName) {
      const run = await this.#rows.find({ workflowName, runId });
      return run ? runOf(run) : null;
    }
    let newest: StoredRun | undefined;
    for await (const thread of this.#threads(threadsOf(runId))) {
      const run = await this.#rows.findIn(thread);
      if (run !== undefined && !(newest !== undefined && newest.notes.created >= run.notes.created))
        newest = run;
    }
    return newest ? runOf(newest) : null;
  }

  override async deleteWorkflowRunById(key: {
    readonly runId: string;
    readonly workflowName: string;
  }): Promise<void> {
    await this.#rows.delete(threadOf(key));
  }

  /** Deletes all runs of the tenant. What they cost stays in the ledger. */
  override async dangerouslyClearAll(): Promise<void> {
    for await (const thread of this.#threads(THREADS)) await this.#rows.delete(thread);
  }

  /** Deletes runs by the policy `workflowSnapshot` of Mastra's retention: those that were last saved longer ago than its `maxAge`. */
  override async prune(
    policies: Record<string, TableRetentionPolicy>,
    options?: PruneOptions,
  ): Promise<PruneResult[]> {
    const descriptor = WfloWorkflowsStorage.retentionTables;
    return executeRetentionPrune({
      domain: "workflows",
      targets: resolveRetentionTargets({ policies, descriptor, order: ["workflowSnapshot"] }),
      ...(options && { options }),
      cutoffFor: ({ policy }, nowMs) => new OldRuns(this.#rows, retentionCutoffMs(policy, nowMs)),
      deleteBatch: (_, old, limit) => old.delete(limit),
    });
  }

  async *#threads(startsWith: string): AsyncGenerator<string> {
    let after: string | undefined;
    do {
      const from = after;
      const page = await this.#rows.ask(() =>
        this.#rows.store.threads(this.#tenant, { startsWith, after: from, limit: PAGE }),
      );
      for (const { thread } of page.threads) yield thread;
      after = page.after;
    } while (after !== undefined);
  }
}

/** The state of a run to go on from. Throws for one that has no steps, as Mastra's own stores do. */
function stateOf(run: StoredRun | undefined, runId: string): WorkflowRunState {
  const snapshot = run?.snapshot as WorkflowRunState | null | undefined;
  if (!snapshot) return { ...createEmptyWorkflowSnapshot(runId), requestContext: {} };
  if (!snapshot.context) throw new Error(`Snapshot not found for runId ${runId}`);
  return snapshot;
}

function runOf({ key, resourceId, snapshot, notes }: StoredRun): WorkflowRun {
  return {
    ...key,
    snapshot: snapshot as WorkflowRunState,
    ...(resourceId !== undefined && { resourceId }),
    createdAt: new Date(notes.created),
    updatedAt: new Date(notes.updated),
  };
}
