import type { ClaimVerdict, ListedRun, RunRow, RunStatus } from "@wflo/core";
import { readWarnings, type WarningJson } from "./read-warnings.ts";

/** A row of a list as drizzle reads it. */
export interface ListedRecord extends Omit<ListedRun, "forkedFrom" | "endedAt" | "error"> {
  readonly forkedFromRun: string | null;
  readonly forkedFromCheckpoint: string | null;
  readonly endedAt: Date | null;
  readonly error: string | null;
}

/** A row as drizzle reads it. */
export interface RunRecord extends ListedRecord {
  readonly input: string;
  readonly result: string | null;
}

/** Reads a run. */
export function readRun({ result, input, ...listed }: RunRecord): RunRow {
  return { ...readListed(listed), input, result: result ?? undefined };
}

/** Reads a run in a list. */
export function readListed({ forkedFromRun, forkedFromCheckpoint, ...row }: ListedRecord): ListedRun {
  return {
    ...row,
    forkedFrom: readFork(forkedFromRun, forkedFromCheckpoint),
    endedAt: row.endedAt ?? undefined,
    error: row.error ?? undefined,
  };
}

/** The verdict of `wflo.claim_run`. */
export type ClaimJson =
  | { readonly code: "unknown" | "completed" }
  | { readonly code: "alive"; readonly heartbeatAgoMs: number }
  | {
      readonly code: "claimed";
      readonly run: ClaimedJson;
      readonly stale: boolean;
      readonly warnings: readonly WarningJson[] | null;
    };

/** The row as `to_jsonb` writes it, just claimed. */
interface ClaimedJson {
  readonly id: string;
  readonly workflow: string;
  readonly input: string;
  readonly budget_ids: readonly string[];
  readonly tags: readonly string[];
  readonly trace_id: string;
  readonly thread_id: string;
  readonly forked_from_run: string | null;
  readonly forked_from_checkpoint: string | null;
  readonly status: RunStatus;
  readonly epoch: number;
  readonly created_at: string;
  readonly heartbeat_at: string;
  readonly ended_at: string | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** Reads the verdict of a claim. */
export function readClaim(json: ClaimJson): ClaimVerdict {
  if (json.code !== "claimed") return json;
  const { id, workflow, input, tags, status, epoch, ...row } = json.run;
  return {
    code: "claimed",
    ...(json.warnings !== null && { warnings: readWarnings(json.warnings) }),
    run: {
      id,
      workflow,
      input,
      budgetIds: row.budget_ids,
      tags,
      traceId: row.trace_id,
      threadId: row.thread_id,
      forkedFrom: readFork(row.forked_from_run, row.forked_from_checkpoint),
      status,
      stale: json.stale,
      epoch,
      createdAt: new Date(row.created_at),
      heartbeatAt: new Date(row.heartbeat_at),
      endedAt: row.ended_at === null ? undefined : new Date(row.ended_at),
      result: row.result ?? undefined,
      error: row.error ?? undefined,
    },
  };
}

function readFork(runId: string | null, checkpointId: string | null): RunRow["forkedFrom"] {
  return runId === null || checkpointId === null ? undefined : { runId, checkpointId };
}
