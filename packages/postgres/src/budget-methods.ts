import type { BudgetDefinition, BudgetState, LedgerStore, WindowKind } from "@wflo/core";
import { and, eq } from "drizzle-orm";
import { keyOf } from "./key-of.ts";
import { listBudgets } from "./list-budgets.ts";
import { readWindow, type WindowJson } from "./read-window.ts";
import { budget } from "./schema/budget.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { throwRefusal } from "./budget-refusals.ts";

/** The part of the ledger that sets and shows budgets. */
export type BudgetMethods = Pick<
  LedgerStore,
  "setBudget" | "raiseCap" | "getBudgets" | "listBudgets" | "setPaused"
>;

/** A budget as the SQL functions write it; money as text. */
export interface BudgetJson extends Pick<BudgetState, "id" | "onExpiry" | "warnAt" | "timeZone" | "paused"> {
  readonly parent: string | null;
  readonly caps: Readonly<Partial<Record<WindowKind, string>>>;
  readonly windows: readonly WindowJson[];
}

/** Implements them on a driver. */
export function budgetMethods(driver: MigratedDriver): BudgetMethods {
  return {
    async setBudget(tenant, { id, caps, onExpiry, warnAt, timeZone = "UTC", parent }) {
      const args = [keyOf("tenant", tenant), keyOf("budget id", id), caps.total, caps.day, caps.month];
      const above = parent === undefined ? null : keyOf("parent", parent);
      const state = await driver.call("set_budget", [...args, onExpiry, [...warnAt], timeZone, above]);
      throwRefusal(state, `Budget ${id}`, { timeZone, parent });
      return readBudget(state as BudgetJson);
    },
    async raiseCap(tenant, budgetId, window, toNanoUsd) {
      const args = [keyOf("tenant", tenant), keyOf("budget id", budgetId), window, toNanoUsd];
      const state = await driver.call("raise_cap", args);
      return state === undefined ? undefined : readBudget(state as BudgetJson);
    },
    async getBudgets(tenant, ids) {
      const asked = ids.map((id) => keyOf("budget id", id));
      const states = (await driver.call("get_budgets", [keyOf("tenant", tenant), asked])) as BudgetJson[];
      const byId = new Map(states.map((state) => [state.id, readBudget(state)]));
      return ids.flatMap((id) => byId.get(id) ?? []);
    },
    listBudgets: (tenant, page) => listBudgets(driver, tenant, page),
    async setPaused(tenant, budgetId, paused) {
      const isTheOne = and(
        eq(budget.tenant, keyOf("tenant", tenant)),
        eq(budget.id, keyOf("budget id", budgetId)),
      );
      const update = driver.orm.update(budget).set({ paused }).where(isTheOne).returning({ id: budget.id });
      return (await driver.ordinary(update)).length > 0;
    },
  };
}

/** Reads a budget. */
export function readBudget({ caps, windows, parent, ...json }: BudgetJson): BudgetState {
  return { ...json, parent: parent ?? undefined, caps: readCaps(caps), windows: windows.map(readWindow) };
}

function readCaps(caps: BudgetJson["caps"]): BudgetDefinition["caps"] {
  const read: Partial<Record<WindowKind, bigint>> = {};
  for (const kind of ["total", "day", "month"] as const) {
    const cap = caps[kind];
    if (cap !== undefined) read[kind] = BigInt(cap);
  }
  return read;
}
