import type { StepCommit } from "../ports/database.ts";
import type { ListedRun, NewRun, RunRow, RunStatus, StepRow } from "../ports/run-store.ts";

/** Heartbeats older than this count as stopped. */
const STALE_AFTER_MS = 20_000;

/** One run of the memory store with its steps, in the order they were saved. */
export class MemoryRun {
  readonly id: string;
  readonly createdAtMs: number;
  status: RunStatus;
  epoch = 1;
  heartbeatAtMs: number;
  endedAtMs: number | undefined;
  result: string | undefined;
  error: string | undefined;
  private readonly created: Omit<NewRun, "ownBudget">;
  private readonly savedSteps = new Map<string, StepRow>();

  constructor(run: NewRun, nowMs: number) {
    this.id = run.id;
    this.created = copyOf(run);
    this.status = run.forkedFrom === undefined ? "running" : "paused";
    this.createdAtMs = nowMs;
    this.heartbeatAtMs = nowMs;
  }

  /** Where it stands among the others: in ascending order, by when it was made and then by its id. */
  get place(): string {
    return `${String(this.createdAtMs).padStart(16, "0")} ${this.id}`;
  }

  get workflow(): string {
    return this.created.workflow;
  }

  hasTag(tag: string): boolean {
    return this.created.tags.includes(tag);
  }

  /** In the order they were saved. */
  get steps(): readonly StepRow[] {
    return Array.from(this.savedSteps.values(), (step) => ({ ...step, savedAt: new Date(step.savedAt) }));
  }

  /** Saves a step. If this epoch has saved it after the same checkpoint before, that result stays and is returned. */
  saveStep({ path, checkpointId, epoch, result, tookMs }: StepCommit, nowMs: number): string | undefined {
    const key = JSON.stringify([path, checkpointId]);
    const saved = this.savedSteps.get(key);
    if (saved?.epoch === epoch) return saved.result;
    // Deleted first, so that the map's order stays the order of saving.
    this.savedSteps.delete(key);
    this.savedSteps.set(key, { path, epoch, checkpointId, result, tookMs, savedAt: new Date(nowMs) });
    return undefined;
  }

  /** Begins an execution: alive, and without its old end. */
  begin(nowMs: number): void {
    this.status = "running";
    this.heartbeatAtMs = nowMs;
    this.endedAtMs = undefined;
    this.result = undefined;
    this.error = undefined;
  }

  /** True while the status is `running` and the heartbeat is younger than the stale limit. */
  isAlive(nowMs: number): boolean {
    return this.status === "running" && nowMs - this.heartbeatAtMs < STALE_AFTER_MS;
  }

  isStale(nowMs: number): boolean {
    return this.status === "running" && !this.isAlive(nowMs);
  }

  row(nowMs: number): RunRow {
    return { ...this.listed(nowMs), input: this.created.input, result: this.result };
  }

  listed(nowMs: number): ListedRun {
    const { input: _, ...created } = copyOf(this.created);
    return {
      ...created,
      status: this.status,
      stale: this.isStale(nowMs),
      epoch: this.epoch,
      createdAt: new Date(this.createdAtMs),
      heartbeatAt: new Date(this.heartbeatAtMs),
      endedAt: this.endedAtMs === undefined ? undefined : new Date(this.endedAtMs),
      error: this.error,
    };
  }
}

function copyOf(run: Omit<NewRun, "ownBudget">): Omit<NewRun, "ownBudget"> {
  const { id, workflow, input, budgetIds, tags, traceId, threadId, forkedFrom } = run;
  return {
    id,
    workflow,
    input,
    budgetIds: [...budgetIds],
    tags: [...tags],
    traceId,
    threadId,
    forkedFrom: forkedFrom && { ...forkedFrom },
  };
}
