import type { RunScope } from "./run-scope.ts";
import type { RunServices } from "./run-services.ts";

const HEARTBEAT_MS = 5_000;

/** Shows that a run is alive until the returned function is called; a run that another process has taken over is stopped. */
export function startHeartbeat(services: RunServices, scope: RunScope): () => void {
  const { clock, database, tenant, log } = services;
  let cancel = () => {};
  let stopped = false;
  const beat = async () => {
    try {
      const isOurs = await database.runs.heartbeat(tenant, scope.runId, scope.epoch);
      if (!isOurs && !stopped) scope.supersede();
    } catch (error) {
      if (!stopped) log.warn(`wflo: run ${scope.runId} could not show that it is alive.`, { error });
    }
    if (!stopped) cancel = clock.schedule(() => void beat(), HEARTBEAT_MS);
  };
  cancel = clock.schedule(() => void beat(), HEARTBEAT_MS);
  return () => {
    stopped = true;
    cancel();
  };
}
