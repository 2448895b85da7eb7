import pg from "pg";
import type { Cell, Driver, Statement } from "./driver.ts";
import type { PgClient, PgPool, PgQuery } from "./pg-pool.ts";
import { placeOf } from "./place-of.ts";
import { StatementNames } from "./statement-names.ts";
import { brokeConnection } from "./store-error.ts";

/** A server that no longer answers must not hold calls for ever. A pool may have a time-out of its own. */
const QUERY_TIMEOUT_MS = 60_000;
const BOOL_OID = 16;
const TEXT_ARRAY_OID: number = 1009;
/** Not drizzle's, which loses backslashes (0.45.4). */
const readTextArray = pg.types.getTypeParser(
  TEXT_ARRAY_OID as Parameters<typeof pg.types.getTypeParser>[0],
  "text",
);

/** Values as PostgreSQL writes them, whatever parsers the user registered with pg. */
const types: PgQuery["types"] = {
  getTypeParser: (oid) => {
    if (oid === TEXT_ARRAY_OID) return readTextArray;
    return oid === BOOL_OID ? (text) => text === "t" : (text) => text;
  },
};

/** A message that is in the log alone: nothing reads it. An ordinary user may write it, whatever `wal_level` is (measured on 15.18 and 18.4). */
const BARRIER: Statement = { text: "select pg_logical_emit_message(true, 'wflo', '')", params: [] };

/** PostgreSQL through node-postgres. A pool that is not `owned` stays open on close. */
export function pgDriver(
  pool: PgPool,
  options: { readonly owned: boolean; readonly preparedStatements: boolean },
): Driver {
  const listeners: (() => void)[] = [];
  const names = new StatementNames(options.preparedStatements);
  const timeoutMs = pool.options.query_timeout || QUERY_TIMEOUT_MS;
  const lose = (): void => listeners.forEach((listener) => listener());
  // An idle connection that breaks is replaced by the pool on next use; without a listener it would end the process.
  pool.on("error", lose);
  return {
    place: placeOf(pool.options),
    barrier: BARRIER,
    onConnectionLost: (listener) => void listeners.push(listener),
    async query(statement) {
      const name = names.of(statement);
      try {
        return rowsOf(await pool.query(queryOf(statement, name, timeoutMs)));
      } catch (error) {
        if (name !== undefined && names.areRefused(error)) return this.query(statement);
        if (brokeConnection(error)) lose();
        throw error;
      }
    },
    async transaction(work) {
      const client = await pool.connect();
      // Between two statements nobody else listens; the next statement then rejects.
      client.on("error", lose);
      let failure: Error | undefined;
      try {
        return await transactionOn(client, work, timeoutMs);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        // A connection on which anything failed is thrown away: its transaction may still be open.
        client.release(failure);
        if (failure === undefined) client.removeListener("error", lose);
      }
    },
    async close() {
      // A pool that has ended still reports connections that break while they close: only a borrowed one loses its listener.
      if (options.owned) await pool.end();
      else pool.removeListener("error", lose);
    },
  };
}

function queryOf({ text, params }: Statement, name: string | undefined, timeoutMs: number): PgQuery {
  const query: PgQuery = { text, values: [...params], query_timeout: timeoutMs, rowMode: "array", types };
  return name === undefined ? query : { ...query, name };
}

async function transactionOn<T>(
  client: PgClient,
  work: Parameters<Driver["transaction"]>[0],
  timeoutMs: number,
): Promise<T> {
  const run = async (text: string): Promise<Cell[][]> =>
    rowsOf(await client.query({ text, query_timeout: timeoutMs, rowMode: "array", types }));
  // At a higher level, which may be the default, it would see the database as it was before a lock that it has waited for.
  await run("begin isolation level read committed");
  const result = await work(run);
  await run("commit");
  return result as T;
}

/** Several statements in one text answer with an array of results. */
function rowsOf(result: unknown): Cell[][] {
  const last: unknown = Array.isArray(result) ? result.at(-1) : result;
  return (last as { rows: Cell[][] }).rows;
}
