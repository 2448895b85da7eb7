import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { BudgetDefinition, BudgetState } from "../ports/budget-state.ts";
import type { DefaultStore } from "../ports/default-store.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { checkParent } from "./budget-parents.ts";
import { expireHolds } from "./close-dead-holds.ts";
import { correctCall } from "./correct-call.ts";
import { costGroups } from "./cost-groups.ts";
import { leaseMethods, recallLeases } from "./lease-methods.ts";
import { listEntries } from "./list-entries.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { reconcileWindows } from "./reconcile-windows.ts";
import { reserveCall } from "./reserve-call.ts";
import { settleCalls } from "./settle-calls.ts";

/** The ledger in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryLedgerStore(state: MemoryState): LedgerStore {
  return {
    ...budgetMethods(state),
    ...defaultMethods(state),
    ...leaseMethods(state),
    async reserve(request) {
      return reserveCall(state.tenant(request.tenant), request, state.now());
    },
    async settle(tenantId, settlements) {
      return settleCalls(state.tenant(tenantId), settlements, state.now());
    },
    async correct(tenantId, correction) {
      return correctCall(state.tenant(tenantId), correction, state.now());
    },
    async renew(tenantId, callIds, ttlMs) {
      const { holds } = state.tenant(tenantId);
      const expiresAtMs = state.now() + ttlMs;
      for (const callId of callIds) {
        const hold = holds.get(callId);
        if (hold !== undefined) hold.expiresAtMs = expiresAtMs;
      }
    },
    async expire(limit, watch) {
      const watched = watch && state.tenant(watch.tenant);
      const nowMs = state.now();
      let closed = 0;
      for (const tenant of state.allTenants()) {
        closed += expireHolds(tenant, limit - closed, nowMs, state.ids);
        if (tenant !== watched) tenant.warnings.leave();
      }
      const warnings = watched?.warnings.take();
      if (warnings !== undefined) watch?.tell(warnings);
      return closed;
    },
    async listEntries(tenantId, filter) {
      return listEntries(state.tenant(tenantId), filter);
    },
    async costs(tenantId, runId) {
      return costGroups(state.tenant(tenantId), runId);
    },
    async reconcile(tenantId) {
      return reconcileWindows(state.tenant(tenantId));
    },
  };
}

type BudgetMethods = Pick<LedgerStore, "setBudget" | "raiseCap" | "getBudgets" | "listBudgets" | "setPaused">;

function budgetMethods(state: MemoryState): BudgetMethods {
  return {
    async setBudget(tenantId, definition) {
      const tenant = state.tenant(tenantId);
      const nowMs = state.now();
      checkZone(tenant, `Budget ${definition.id}`, definition);
      checkParent(tenant, `Budget ${definition.id}`, definition);
      let budget = tenant.budgets.get(definition.id);
      if (budget === undefined) {
        budget = tenant.addBudget(definition);
      } else {
        budget.define(definition, nowMs);
        recallLeases(tenant, [definition.id]);
      }
      return budget.state(nowMs);
    },
    async raiseCap(tenantId, budgetId, window, toNanoUsd) {
      const budget = state.tenant(tenantId).budgets.get(budgetId);
      const nowMs = state.now();
      return budget?.raiseCap(window, toNanoUsd, nowMs) ? budget.state(nowMs) : undefined;
    },
    async getBudgets(tenantId, ids) {
      const { budgets } = state.tenant(tenantId);
      const found: BudgetState[] = [];
      for (const id of ids) {
        const budget = budgets.get(id);
        if (budget !== undefined) found.push(budget.state(state.now()));
      }
      return found;
    },
    async listBudgets(tenantId, { prefix = "", after, limit }) {
      const { budgetsById } = state.tenant(tenantId);
      const nowMs = state.now();
      const page = budgetsById.after(after, limit, (budget) => budget.id.startsWith(prefix));
      return page.map((budget) => budget.state(nowMs));
    },
    async setPaused(tenantId, budgetId, paused) {
      const budget = state.tenant(tenantId).budgets.get(budgetId);
      if (budget !== undefined) budget.paused = paused;
      return budget !== undefined;
    },
  };
}

function defaultMethods(state: MemoryState): DefaultStore {
  return {
    async setDefault(tenantId, definition) {
      const tenant = state.tenant(tenantId);
      checkZone(tenant, `The default for ${definition.prefix}*`, definition);
      checkParent(tenant, `The default for ${definition.prefix}*`, { parent: definition.parent });
      tenant.defaults.set(definition);
    },
    async listDefaults(tenantId, { after, limit }) {
      return state.tenant(tenantId).defaults.list(after, limit);
    },
    async removeDefault(tenantId, prefix) {
      return state.tenant(tenantId).defaults.remove(prefix);
    },
    async createFromDefault(tenantId, budgetId) {
      const tenant = state.tenant(tenantId);
      const nowMs = state.now();
      const there = tenant.budgets.get(budgetId);
      if (there !== undefined) return { budget: there.state(nowMs), madeFrom: undefined };
      const found = tenant.defaults.of(budgetId);
      if (found === undefined) return undefined;
      const budget = tenant.addBudget({ ...found, id: budgetId });
      return { budget: budget.state(nowMs), madeFrom: found.prefix };
    },
  };
}

function checkZone(
  { clocks }: MemoryTenant,
  what: string,
  { timeZone = "UTC" }: Pick<BudgetDefinition, "timeZone">,
): void {
  if (clocks.know(timeZone)) return;
  throw new InvalidOptionError(
    `${what}: this host knows no time zone "${timeZone}". Write another name of it.`,
  );
}
