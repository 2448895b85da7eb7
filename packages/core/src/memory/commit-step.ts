import type { StepCommit, StepCommitVerdict } from "../ports/database.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { settleCalls } from "./settle-calls.ts";

/** Settles, then saves the result unless the run has a newer epoch. See `Database.commitStep`. */
export function commitStep(tenant: MemoryTenant, commit: StepCommit, nowMs: number): StepCommitVerdict {
  const settled = settleCalls(tenant, commit.settlements, nowMs);
  const run = tenant.runs.get(commit.runId);
  if (run?.epoch !== commit.epoch) return { code: "superseded", settled };
  const recorded = run.saveStep(commit, nowMs);
  return { code: "committed", settled, recorded };
}
