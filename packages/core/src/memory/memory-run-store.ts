import type { ClaimVerdict, RunStore } from "../ports/run-store.ts";
import { closeHoldsOfOlderEpochs } from "./close-dead-holds.ts";
import { MemoryRun } from "./memory-run.ts";
import type { MemoryState } from "./memory-state.ts";

/** The runs in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryRunStore(state: MemoryState): RunStore {
  return {
    async create(tenantId, run) {
      const { runs, runsById } = state.tenant(tenantId);
      if (runs.has(run.id)) return false;
      const created = new MemoryRun(run, state.now());
      runs.set(run.id, created);
      runsById.add(created);
      return true;
    },
    async get(tenantId, runId) {
      return state.tenant(tenantId).runs.get(runId)?.row(state.now());
    },
    async list(tenantId, { workflow, status, before, limit }) {
      const nowMs = state.now();
      const page = state.tenant(tenantId).runsById.before(before, limit, (run) => {
        if (workflow !== undefined && run.workflow !== workflow) return false;
        if (status === "stale") return run.isStale(nowMs);
        return status === undefined || run.status === status;
      });
      return page.map((run) => run.row(nowMs));
    },
    async claim(tenantId, runId, { takeOver }) {
      return claimRun(state, tenantId, runId, takeOver);
    },
    async heartbeat(tenantId, runId, epoch) {
      const run = state.tenant(tenantId).runs.get(runId);
      if (run?.epoch !== epoch) return false;
      run.heartbeatAtMs = state.now();
      return true;
    },
    async finish(tenantId, { runId, epoch, status, result, error }) {
      const run = state.tenant(tenantId).runs.get(runId);
      if (run?.epoch !== epoch) return false;
      run.status = status;
      run.result = result;
      run.error = error;
      run.endedAtMs = state.now();
      return true;
    },
    async steps(tenantId, runId) {
      const steps = state.tenant(tenantId).runs.get(runId)?.steps ?? [];
      return Array.from(steps, ([path, { epoch, result, savedAtMs }]) => {
        return { path, epoch, result, savedAt: new Date(savedAtMs) };
      });
    },
  };
}

function claimRun(state: MemoryState, tenantId: string, runId: string, takeOver: boolean): ClaimVerdict {
  const tenant = state.tenant(tenantId);
  const nowMs = state.now();
  const run = tenant.runs.get(runId);
  if (run === undefined) return { code: "unknown" };
  if (run.status === "completed") return { code: "completed" };
  if (run.isAlive(nowMs) && !takeOver) {
    return { code: "alive", heartbeatAgoMs: nowMs - run.heartbeatAtMs };
  }
  run.epoch += 1;
  run.status = "running";
  run.heartbeatAtMs = nowMs;
  run.endedAtMs = undefined;
  run.result = undefined;
  run.error = undefined;
  closeHoldsOfOlderEpochs(tenant, runId, run.epoch, nowMs, state.ids);
  return { code: "claimed", run: run.row(nowMs) };
}
