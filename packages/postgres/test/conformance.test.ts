import { databaseSuite, differentialWalk, memoryHarness, type DatabaseHarness } from "@wflo/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPGlite, type ClosablePGlite } from "../src/create-pglite.ts";
import { databaseOn, type PostgresDatabase } from "../src/database.ts";
import { pgliteDriver } from "../src/pglite-driver.ts";
import { postgres } from "../src/postgres.ts";
import { useDatabase } from "./support/use-database.ts";

/** Row by row: a `truncate` makes and deletes forty files, which took as long as the average case. */
const EMPTY = (
  "budget budget_default budget_window hold entry run step thread checkpoint element " + "pending_write item"
)
  .split(" ")
  .map((table) => `delete from wflo.${table}`)
  .join(";");
const clock = (at: string) =>
  `create or replace function wflo.now() returns timestamptz language sql volatile as $$ select ${at} $$`;

/** A database whose tables are emptied before, and whose clock is the test's. */
async function harness(
  database: PostgresDatabase,
  execute: (sql: string) => Promise<unknown>,
): Promise<DatabaseHarness> {
  await database.migrate();
  await execute(EMPTY);
  return {
    database,
    setNow: async (at) => void (await execute(clock(`'${at.toISOString()}'::timestamptz`))),
    dispose: () => database.close(),
  };
}

const server = useDatabase();
/** One for all cases: new connections compile each function anew. */
let pool: pg.Pool;
beforeAll(() => {
  pool = new pg.Pool({ connectionString: server.url, max: 8 });
});
afterAll(() => pool.end());
const onServer = () => harness(postgres({ pool }), (sql) => server.query(sql));

let engine: ClosablePGlite;
beforeAll(async () => {
  engine = await createPGlite();
}, 120_000);
afterAll(() => engine.close());
const onPGlite = () => {
  const open = async () => ({ engine, check: () => {}, close: async () => {} });
  return harness(databaseOn(pgliteDriver("PGlite in memory", open)), (sql) =>
    engine.transaction((transaction) => transaction.exec(sql, { rowMode: "array", parsers: {} })),
  );
};

databaseSuite({ name: "PostgreSQL", create: onServer });
databaseSuite({ name: "PGlite", create: onPGlite });

describe.each([
  ["PostgreSQL", onServer],
  ["PGlite", onPGlite],
])("%s", (_, create) => {
  test.each([1, 2, 3, 4, 5])(
    "answers a random walk as the memory database does (seed %i)",
    { timeout: 120_000 },
    async (seed) => {
      const [one, other] = [await memoryHarness(), await create()];
      try {
        await expect(differentialWalk(one, other, seed, 150)).resolves.toBeUndefined();
      } finally {
        await one.dispose();
        await other.dispose();
      }
    },
  );
});
