import { checkOptions, InvalidOptionError, type OptionNames } from "@wflo/core";
import pg from "pg";
import { databaseOn, type PostgresDatabase } from "./database.ts";
import { pgDriver } from "./pg-driver.ts";
import type { PgPool } from "./pg-pool.ts";

/** Where the database is and how it is talked to. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. Default: the environment variable DATABASE_URL. */
  readonly url?: string | undefined;
  /** A pool of node-postgres to use instead. It stays the caller's: `close()` leaves it open. */
  readonly pool?: PgPool | undefined;
  /** The most connections. Default 10. */
  readonly max?: number | undefined;
  /**
   * Named prepared statements, a little faster. Default true: a pooler that refuses them is noticed, and they are given up. False for one that
   * takes them at a price, as Amazon's RDS Proxy, which keeps a connection of the server for each that has any.
   */
  readonly preparedStatements?: boolean | undefined;
}

const NAMES: OptionNames<PostgresOptions> = { url: true, pool: true, max: true, preparedStatements: true };
const EXAMPLE = 'postgres({ url: "postgres://user:password@host:5432/database" })';
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * wflo on PostgreSQL. Tables are made on first use, in the schema `wflo` of a database whose encoding is UTF8. Works behind poolers in transaction mode.
 * Throws `InvalidOptionError` when there is no usable URL; the methods reject with `StoreUnavailableError`.
 */
export function postgres(options: PostgresOptions = {}): PostgresDatabase {
  if (typeof options === "string")
    throw new InvalidOptionError(`postgres takes its URL by name: ${EXAMPLE}.`);
  checkOptions("The options of postgres", options, NAMES);
  if (options.max !== undefined && !(Number.isSafeInteger(options.max) && options.max > 0))
    throw new InvalidOptionError(`max is a whole number of connections from 1, not ${options.max}.`);
  const preparedStatements = options.preparedStatements ?? true;
  if (options.pool !== undefined) {
    if (options.url !== undefined)
      throw new InvalidOptionError("Pass postgres either url or pool, not both.");
    if (typeof (options.pool as Partial<PgPool> | null)?.connect !== "function")
      throw new InvalidOptionError("The pool of postgres is one of node-postgres: new pg.Pool({ … }).");
    return databaseOn(pgDriver(options.pool, { owned: false, preparedStatements }));
  }
  const pool = new pg.Pool({
    connectionString: checkedUrl(options.url ?? process.env["DATABASE_URL"]),
    max: options.max ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A script that is done may end although connections idle.
    allowExitOnIdle: true,
    application_name: "wflo",
  });
  return databaseOn(pgDriver(pool, { owned: true, preparedStatements }));
}

/** The messages never repeat the URL, which holds a password. */
function checkedUrl(url: string | undefined): string {
  if (url === undefined || url === "") {
    throw new InvalidOptionError(
      "postgres() needs to know the database: set DATABASE_URL=postgres://user:password@host:5432/database, or pass { url } or " +
        '{ pool }. Without a server, use pglite(".wflo") from "@wflo/postgres/pglite".',
    );
  }
  const isPostgres =
    typeof url === "string" && URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
  // A second @, or a #, is a piece of a password that was not encoded: it would end up in the name of the host or the database.
  if (isPostgres && url.split("@").length <= 2 && !url.includes("#")) return url;
  throw new InvalidOptionError(
    "The database URL cannot be read. Write postgres://user:password@host:5432/database, with special characters of the " +
      "password percent-encoded (@ as %40, / as %2F, # as %23, : as %3A).",
  );
}
