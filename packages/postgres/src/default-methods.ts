import type { DefaultStore } from "@wflo/core";
import { and, asc, eq, gt } from "drizzle-orm";
import { readBudget, type BudgetJson } from "./budget-methods.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { budgetDefault } from "./schema/budget-default.ts";
import { throwRefusal } from "./budget-refusals.ts";

interface MadeJson {
  readonly budget: BudgetJson;
  readonly madeFrom: string | null;
}

/** Implements the part of the ledger that makes budgets on first use. */
export function defaultMethods(driver: MigratedDriver): DefaultStore {
  return {
    async setDefault(tenant, { prefix, caps, onExpiry, warnAt, timeZone = "UTC", parent }) {
      const args = [keyOf("tenant", tenant), keyOf("prefix", prefix), caps.total, caps.day, caps.month];
      const above = parent === undefined ? null : keyOf("parent", parent);
      const answer = await driver.call("set_default", [...args, onExpiry, [...warnAt], timeZone, above]);
      throwRefusal(answer, `The default for ${prefix}*`, { timeZone, parent });
    },
    async listDefaults(tenant, { after, limit }) {
      const rows = await driver.ordinary(
        driver.orm
          .select()
          .from(budgetDefault)
          .where(
            and(
              eq(budgetDefault.tenant, keyOf("tenant", tenant)),
              after === undefined ? undefined : gt(budgetDefault.prefix, keyOf("prefix", after)),
            ),
          )
          .orderBy(asc(budgetDefault.prefix))
          .limit(limit),
      );
      return rows.map(({ prefix, capTotal, capDay, capMonth, zone, warnAt, onExpiry, parent }) => {
        const total = capTotal === null ? {} : { total: capTotal };
        const day = capDay === null ? {} : { day: capDay };
        const month = capMonth === null ? {} : { month: capMonth };
        const caps = { ...total, ...day, ...month };
        return { prefix, caps, onExpiry, warnAt, parent: parent ?? undefined, timeZone: zone };
      });
    },
    async removeDefault(tenant, prefix) {
      const isTheOne = and(
        eq(budgetDefault.tenant, keyOf("tenant", tenant)),
        eq(budgetDefault.prefix, keyOf("prefix", prefix)),
      );
      const removal = driver.orm
        .delete(budgetDefault)
        .where(isTheOne)
        .returning({ prefix: budgetDefault.prefix });
      return (await driver.ordinary(removal)).length > 0;
    },
    async createFromDefault(tenant, budgetId) {
      const args = [keyOf("tenant", tenant), keyOf("budget id", budgetId)];
      const made = await driver.call("create_from_default", args);
      if (made === undefined) return undefined;
      const { budget, madeFrom } = made as MadeJson;
      return { budget: readBudget(budget), madeFrom: madeFrom ?? undefined };
    },
  };
}
