import { RunAliveError } from "../errors/run-alive-error.ts";
import { UnknownRunError } from "../errors/unknown-run-error.ts";
import type { RunRow, RunStatus } from "../ports/run-store.ts";
import { loadBranch } from "./run-branch.ts";
import { RunHistory } from "./run-history.ts";
import { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";

/** The checkpoints of a run, for reading and forking; another process may be executing it. */
export async function historyOf(services: RunServices, row: RunRow): Promise<RunHistory> {
  const { lineage } = await loadBranch(services, row);
  return new RunHistory(services, new RunScope(row, services.client), { row, lineage, isStrict: true });
}

/**
 * Works on the checkpoints of a run that nobody executes: it is claimed for the while, so that a process which only seemed dead can
 * write nothing any more. `after` is its status afterwards; by default what it was. Throws `RunAliveError`, `UnknownRunError`.
 */
export async function workAtRest<T>(
  services: RunServices,
  before: RunRow,
  work: (history: RunHistory) => Promise<T>,
  after?: Exclude<RunStatus, "running">,
): Promise<T> {
  const { tenant, database } = services;
  const runId = before.id;
  const verdict = await database.runs.claim(tenant, runId, { takeOver: false, reopen: true });
  if (verdict.code === "alive") throw new RunAliveError(runId, verdict.heartbeatAgoMs);
  if (verdict.code !== "claimed") throw new UnknownRunError(runId);
  const { epoch } = verdict.run;
  const { error, result } = before;
  let status = before.status === "running" ? "paused" : before.status;
  try {
    const done = await work(await historyOf(services, verdict.run));
    status = after ?? status;
    return done;
  } finally {
    const isOver = status === "completed";
    await database.runs.finish(tenant, { runId, epoch, status, error, result: isOver ? result : undefined });
  }
}
