import pg from "pg";

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 60_000;

/** Connections under a name by which the server knows them. */
export function openPool(options: {
  readonly url: string;
  readonly applicationName: string;
  readonly max: number;
}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced on next use.
  pool.on("error", () => {});
  return pool;
}
