import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import type { PostgresDatabase } from "../../src/database.ts";
import { postgres, type PostgresOptions } from "../../src/postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    wfloAdminUrl: string;
    wfloTemplate: string;
  }
}

export interface TestDatabase {
  /** Of this file's own database, as superuser. */
  readonly url: string;
  /** Opens it; closed after the file. */
  open(options?: PostgresOptions): PostgresDatabase;
  /** Closes what was opened and waits until the server has noticed. */
  closeAll(): Promise<void>;
  /** Rows as objects, with pg's own parsers. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A database for one test file, cloned from the migrated template, or `{ empty: true }`. */
export function useDatabase(options: { readonly empty?: boolean } = {}): TestDatabase {
  const adminUrl = inject("wfloAdminUrl");
  const name = `wflo_test_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const opened: PostgresDatabase[] = [];
  const client = new pg.Client({ connectionString: url.href });
  const asAdmin = async (sql: string): Promise<void> => {
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    try {
      await admin.query(sql);
    } finally {
      await admin.end();
    }
  };
  beforeAll(async () => {
    await asAdmin(
      options.empty
        ? `create database ${name}`
        : `create database ${name} template ${inject("wfloTemplate")}`,
    );
    await client.connect();
  });
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await client.end();
    await asAdmin(`drop database if exists ${name} with (force)`);
  });
  const query: TestDatabase["query"] = async (sql, values) =>
    (await client.query(sql, values)).rows as Record<string, unknown>[];
  return {
    url: url.href,
    open(openOptions) {
      const database = postgres({ url: url.href, ...openOptions });
      opened.push(database);
      return database;
    },
    async closeAll() {
      await Promise.all(opened.splice(0).map((database) => database.close()));
      const others =
        "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
      while ((await query(others)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    query,
  };
}
