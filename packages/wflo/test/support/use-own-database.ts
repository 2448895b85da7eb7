import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    wfloAdminUrl: string;
    wfloTemplate: string;
  }
}

/** A database of a test file's own on the test server, with the tables of wflo. */
export interface OwnDatabase {
  readonly name: string;
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** How many rows the tables of wflo have of any tenant. */
  rows(): Promise<number>;
}

/** Makes it before the tests of the file, and drops it after them. */
export function useOwnDatabase(): OwnDatabase {
  const name = `wflo_verify_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(inject("wfloAdminUrl"));
  url.pathname = `/${name}`;
  const admin = new pg.Client({ connectionString: inject("wfloAdminUrl") });
  const client = new pg.Client({ connectionString: url.href });
  const query: OwnDatabase["query"] = async (sql, values) => (await client.query(sql, values)).rows;
  beforeAll(async () => {
    await admin.connect();
    await admin.query(`create database ${name} template ${inject("wfloTemplate")}`);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });
  return {
    name,
    url: url.href,
    query,
    async rows() {
      const tables = await query(
        "select table_name as name from information_schema.columns where table_schema = 'wflo' and column_name = 'tenant'",
      );
      const counts = tables.map(({ name }) => `(select count(*) from wflo.${String(name)})`);
      const [row] = await query(`select (${counts.join(" + ")})::int as n`);
      return Number(row?.["n"]);
    },
  };
}
