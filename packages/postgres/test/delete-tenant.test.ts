import { expect, test } from "vitest";
import type { PostgresDatabase } from "../src/database.ts";
import { asks, bills, newId, puts, saves, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();

/** Something of everything that a tenant can have. */
async function fill(database: PostgresDatabase, tenant: string): Promise<void> {
  const { ledger, runs, checkpoints, items } = database;
  await ledger.setBudget(tenant, { id: "b", caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
  const closed = asks(["b"], 10n, { tenant });
  await ledger.reserve(closed);
  await ledger.settle(tenant, [bills(closed.callId, 7n)]);
  await ledger.reserve(asks(["b"], 20n, { tenant }));
  const { caps, warnAt, onExpiry } = { caps: { total: 1n }, warnAt: [], onExpiry: "charge" } as const;
  await ledger.setDefault(tenant, { prefix: "user/", caps, warnAt, onExpiry, timeZone: "UTC" });
  const runId = newId();
  await runs.create(tenant, starts(runId));
  await database.commitStep(saves(runId, { tenant }));
  const place = { log: 1, position: 0 };
  const put = puts("thread", newId(), { elements: [{ ...place, codec: 1, text: "1" }] });
  await checkpoints.put({ ...put, tenant });
  const write = { index: 0, channel: "c", codec: 1, text: "1" };
  const task = { taskId: "task", taskPath: "", checkpointId: put.checkpoint.id, replaces: true };
  await checkpoints.putWrites({ tenant, thread: "thread", namespace: "", ...task, writes: [write] });
  const item = { namespace: ["n"], key: "k", value: '{"a":1}' };
  await items.batch(tenant, { gets: [], searches: [], listings: [], puts: [item] });
}

const TABLES = `
  select table_name as name, min(column_name) as owner from information_schema.columns
  where table_schema = 'wflo' and column_name in ('tenant', 'thread_key')
    and table_name in (select table_name from information_schema.tables where table_type = 'BASE TABLE')
  group by table_name order by 1`;

/** How many rows each table has of a tenant. */
async function rowsOf(tenant: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, owner } of await files.query(TABLES)) {
    const own =
      owner === "tenant" ? "tenant = $1" : "thread_key in (select key from wflo.thread where tenant = $1)";
    const count = `select count(*)::int as n from wflo.${String(name)} where ${own}`;
    const [row] = await files.query(count, [tenant]);
    counts[String(name)] = Number(row?.["n"]);
  }
  return counts;
}

test("deletes every row of a tenant, in every table that has tenants, and no row of another", async () => {
  const database = files.open();
  for (const tenant of ["gone", "stays"]) await fill(database, tenant);
  const before = await rowsOf("stays");
  expect(await rowsOf("gone")).toEqual(before);
  expect(Object.values(before)).not.toContain(0);
  const all = "select count(*)::int as n from wflo.element";
  const [elements] = await files.query(all);

  await database.deleteTenant("gone");
  expect(new Set(Object.values(await rowsOf("gone")))).toEqual(new Set([0]));
  expect(await rowsOf("stays")).toEqual(before);
  // Nothing is left behind that no thread leads to.
  expect(await files.query(all)).toEqual([{ n: Number(elements?.["n"]) / 2 }]);
});
