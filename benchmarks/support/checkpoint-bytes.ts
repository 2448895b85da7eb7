import { createRequire } from "node:module";
import type { CheckpointPut, Database } from "@wflo/core";

/** What checkpoints take in a database. */
export interface StoredBytes {
  /** The tables with their indexes, TOAST and maps, in whole pages. */
  readonly tables: number;
  /** The rows alone. */
  readonly rows: number;
}

/** A single number that SQL gives. */
export type AskNumber = (sql: string) => Promise<number>;

const TABLES = ["checkpoint", "element", "thread"];

/** Asks PostgreSQL. Nothing is vacuumed before: dead rows count. */
export async function storedBytes(ask: AskNumber): Promise<StoredBytes> {
  const sum = (of: (table: string) => string): string => `select ${TABLES.map(of).join(" + ")}`;
  return {
    tables: await ask(sum((table) => `pg_total_relation_size('wflo.${table}')`)),
    rows: await ask(sum((table) => `(select coalesce(sum(pg_column_size(t.*)), 0) from wflo.${table} t)`)),
  };
}

/** A closed folder of `pglite(folder)`, opened without wflo. */
export async function storedBytesOfFolder(folder: string): Promise<StoredBytes> {
  // PGlite is a dependency of the package that uses it, and of no other.
  const require = createRequire(import.meta.resolve("@wflo/postgres/pglite"));
  const { PGlite } = (await import(require.resolve("@electric-sql/pglite"))) as { PGlite: RawPGlite };
  const engine = await PGlite.create(`${folder}/data`);
  try {
    return await storedBytes(async (sql) => {
      const { rows } = await engine.query(sql, [], { rowMode: "array" });
      return Number(rows[0]?.[0]);
    });
  } finally {
    await engine.close();
  }
}

interface RawPGlite {
  create(folder: string): Promise<{
    query(sql: string, values: [], options: { rowMode: "array" }): Promise<{ rows: unknown[][] }>;
    close(): Promise<void>;
  }>;
}

/** A database that counts what its checkpoint store is given: characters of JSON. */
export function countingPuts(inner: Database): { readonly database: Database; readonly given: () => number } {
  let given = 0;
  const put = (one: CheckpointPut): ReturnType<Database["checkpoints"]["put"]> => {
    given += JSON.stringify([one.checkpoint, one.elements]).length;
    return inner.checkpoints.put(one);
  };
  return {
    database: { ...inner, checkpoints: { ...inner.checkpoints, put } },
    given: () => given,
  };
}
