import type { StepCommit, StepCommitVerdict } from "../ports/database.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { settleCall } from "./settle-call.ts";

/** Settles, then saves the result unless the run has a newer epoch. See `Database.commitStep`. */
export function commitStep(tenant: MemoryTenant, commit: StepCommit, nowMs: number): StepCommitVerdict {
  const settled = commit.settlements.map((settlement) => settleCall(tenant, settlement, nowMs));
  const run = tenant.runs.get(commit.runId);
  if (run?.epoch !== commit.epoch) return { code: "superseded", settled };
  run.saveStep(commit, nowMs);
  return { code: "committed", settled };
}
