import type { NewRun, RunRow, RunStatus } from "../ports/run-store.ts";

/** Heartbeats older than this count as stopped. */
const STALE_AFTER_MS = 20_000;

/** The saved result of one step. */
export interface MemoryStep {
  readonly epoch: number;
  readonly result: string;
  readonly savedAtMs: number;
}

/** One run of the memory store with its steps, in the order they were saved. */
export class MemoryRun {
  readonly id: string;
  readonly steps = new Map<string, MemoryStep>();
  status: RunStatus = "running";
  epoch = 1;
  heartbeatAtMs: number;
  endedAtMs: number | undefined;
  result: string | undefined;
  error: string | undefined;
  private readonly created: NewRun;
  private readonly createdAtMs: number;

  constructor(run: NewRun, nowMs: number) {
    this.id = run.id;
    this.created = { ...run, budgetIds: [...run.budgetIds], tags: [...run.tags] };
    this.createdAtMs = nowMs;
    this.heartbeatAtMs = nowMs;
  }

  get workflow(): string {
    return this.created.workflow;
  }

  /** True while the status is `running` and the heartbeat is younger than the stale limit. */
  isAlive(nowMs: number): boolean {
    return this.status === "running" && nowMs - this.heartbeatAtMs < STALE_AFTER_MS;
  }

  isStale(nowMs: number): boolean {
    return this.status === "running" && !this.isAlive(nowMs);
  }

  row(nowMs: number): RunRow {
    const { id, workflow, input, budgetIds, tags } = this.created;
    return {
      id,
      workflow,
      input,
      budgetIds: [...budgetIds],
      tags: [...tags],
      status: this.status,
      stale: this.isStale(nowMs),
      epoch: this.epoch,
      createdAt: new Date(this.createdAtMs),
      heartbeatAt: new Date(this.heartbeatAtMs),
      endedAt: this.endedAtMs === undefined ? undefined : new Date(this.endedAtMs),
      result: this.result,
      error: this.error,
    };
  }
}
