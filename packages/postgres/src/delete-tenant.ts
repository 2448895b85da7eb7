import type { MigratedDriver } from "./migrated-driver.ts";
import { keyOf } from "./key-of.ts";

/** Tables whose rows name their tenant, and those whose rows name a thread. */
const OF_TENANTS = [
  "hold",
  "entry",
  "budget_window",
  "budget",
  "budget_default",
  "step",
  "run",
  "checkpoint",
  "thread",
  "item",
];
const OF_THREADS = ["element", "pending_write"];

const DELETES = [
  ...OF_TENANTS.map((table) => `of_${table} as (delete from wflo.${table} where tenant = $1)`),
  ...OF_THREADS.map((table) => {
    const threads = "select t.key from wflo.thread t where t.tenant = $1";
    return `of_${table} as (delete from wflo.${table} where thread_key in (${threads}))`;
  }),
];

/** One statement, so that all of it goes or nothing. */
const DELETE_ALL = `with ${DELETES.join(", ")} select 1`;

/** Deletes all rows of a tenant. */
export async function deleteTenant(driver: MigratedDriver, tenant: string): Promise<void> {
  await driver.query({ text: DELETE_ALL, params: [keyOf("tenant", tenant)] });
}
