import pg from "pg";

/** How a pool is opened. */
export interface PoolOptions {
  readonly url: string;
  /** Under which the server knows its connections. */
  readonly applicationName: string;
  readonly max: number;
  /** Told in a sentence of each deadlock that ended a statement: wflo sends such a one again, and nobody else would hear of it. */
  readonly onDeadlock: (sentence: string) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 60_000;
/** PostgreSQL's code for it. */
export const DEADLOCK_DETECTED = "40P01";

/** Connections to a server. */
export function openPool({ url, applicationName, max, onDeadlock }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced on next use.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.connection.on("errorMessage", ({ code, message }) => {
      if (code === DEADLOCK_DETECTED) onDeadlock(`PostgreSQL: ${message} (${code})`);
    });
  });
  return pool;
}
