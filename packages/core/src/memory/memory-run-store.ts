import type { ClaimVerdict, NewRun, RunStore } from "../ports/run-store.ts";
import { closeHoldsOfOlderEpochs } from "./close-dead-holds.ts";
import { MemoryRun } from "./memory-run.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";

/** The runs in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryRunStore(state: MemoryState): RunStore {
  return {
    async create(tenantId, run) {
      return createRun(state.tenant(tenantId), run, state.now());
    },
    async get(tenantId, runId) {
      return state.tenant(tenantId).runs.get(runId)?.row(state.now());
    },
    async list(tenantId, { workflow, status, tag, since, before, limit }) {
      const nowMs = state.now();
      const tenant = state.tenant(tenantId);
      const last = before === undefined ? undefined : tenant.runs.get(before);
      if (before !== undefined && last === undefined) return [];
      const page = tenant.runsByAge.before(last?.place, limit, ({ run }) => {
        if (workflow !== undefined && run.workflow !== workflow) return false;
        if (tag !== undefined && !run.hasTag(tag)) return false;
        if (since !== undefined && run.createdAtMs < since.getTime()) return false;
        if (status === "stale") return run.isStale(nowMs);
        return status === undefined || run.status === status;
      });
      return page.map(({ run }) => run.listed(nowMs));
    },
    async claim(tenantId, runId, options) {
      return claimRun(state, tenantId, runId, options);
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
      return state.tenant(tenantId).runs.get(runId)?.steps ?? [];
    },
  };
}

function createRun(tenant: MemoryTenant, run: NewRun, nowMs: number): boolean {
  if (tenant.runs.has(run.id)) return false;
  const created = new MemoryRun(run, nowMs);
  tenant.runs.set(run.id, created);
  tenant.runsByAge.add({ id: created.place, run: created });
  const { ownBudget } = run;
  if (ownBudget !== undefined && !tenant.budgets.has(ownBudget.id)) {
    const caps = { total: ownBudget.totalNanoUsd };
    tenant.addBudget({ id: ownBudget.id, caps, onExpiry: "charge", warnAt: [] });
  }
  return true;
}

function claimRun(
  state: MemoryState,
  tenantId: string,
  runId: string,
  { takeOver, atRest = false }: Parameters<RunStore["claim"]>[2],
): ClaimVerdict {
  const tenant = state.tenant(tenantId);
  const nowMs = state.now();
  const run = tenant.runs.get(runId);
  if (run === undefined) return { code: "unknown" };
  if (run.status === "completed" && !atRest) return { code: "completed" };
  if (run.isAlive(nowMs) && !takeOver) {
    return { code: "alive", heartbeatAgoMs: nowMs - run.heartbeatAtMs };
  }
  run.epoch += 1;
  if (!atRest) run.begin(nowMs);
  closeHoldsOfOlderEpochs(tenant, runId, run.epoch, nowMs, state.ids);
  return { code: "claimed", run: run.row(nowMs), ...tenant.warnings.field() };
}
