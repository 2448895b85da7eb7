import type { StepCommit, StepCommitVerdict } from "../ports/database.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { settleCall } from "./settle-call.ts";

/** Settles, then saves the result unless the run has a newer epoch. See `Database.commitStep`. */
export function commitStep(tenant: MemoryTenant, commit: StepCommit, nowMs: number): StepCommitVerdict {
  const settled = commit.settlements.map((settlement) => settleCall(tenant, settlement, nowMs));
  const run = tenant.runs.get(commit.runId);
  if (run?.epoch !== commit.epoch) return { code: "superseded", settled };
  const saved = run.steps.get(commit.path);
  if (saved?.epoch !== commit.epoch) {
    // Deleted first, so that the map's order stays the order of saving.
    run.steps.delete(commit.path);
    run.steps.set(commit.path, { epoch: commit.epoch, result: commit.result, savedAtMs: nowMs });
  }
  return { code: "committed", settled };
}
