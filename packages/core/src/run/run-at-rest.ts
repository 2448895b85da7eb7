import { RunAliveError } from "../errors/run-alive-error.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { UnknownRunError } from "../errors/unknown-run-error.ts";
import type { RunRow } from "../ports/run-store.ts";
import { loadBranch } from "./run-branch.ts";
import { RunHistory } from "./run-history.ts";
import { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";

/** Others who work on the same run at rest are answered by another attempt, this often. */
const MAX_ATTEMPTS = 10;

/** The checkpoints of a run, for reading and forking; another process may be executing it. */
export async function historyOf(services: RunServices, row: RunRow): Promise<RunHistory> {
  const branch = await loadBranch(services, row);
  return new RunHistory(services, new RunScope(row, services.client), { row, branch, isStrict: true });
}

/**
 * Works on the checkpoints of a run that nobody executes. Its epoch is raised, so that a process which only seemed dead can write
 * nothing any more; nothing else of it changes, whatever becomes of this process. Throws `RunAliveError`, `UnknownRunError`.
 */
export async function workAtRest<T>(
  services: RunServices,
  runId: string,
  work: (history: RunHistory, row: RunRow) => Promise<T>,
): Promise<T> {
  const { tenant, database } = services;
  for (let attempt = 1; ; attempt++) {
    const verdict = await database.runs.claim(tenant, runId, { takeOver: false, atRest: true });
    if (verdict.code === "alive") throw new RunAliveError(runId, verdict.heartbeatAgoMs);
    if (verdict.code !== "claimed") throw new UnknownRunError(runId);
    try {
      return await work(await historyOf(services, verdict.run), verdict.run);
    } catch (error) {
      if (!(error instanceof RunSupersededError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Pauses a run that was rolled back, unless somebody has taken it meanwhile. */
export async function pauseAtRest(services: RunServices, { id: runId, epoch, error }: RunRow): Promise<void> {
  await services.database.runs.finish(services.tenant, { runId, epoch, status: "paused", error });
}
