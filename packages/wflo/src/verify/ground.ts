import { InvalidOptionError } from "@wflo/core";
import { postgres, type PostgresDatabase } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import type { Books } from "./books.ts";
import { Crew } from "./crew.ts";
import { openPool } from "./open-pool.ts";
import { ownPlayers } from "./own-players.ts";
import { pgliteBooks } from "./pglite-books.ts";
import type { Players } from "./players.ts";
import { postgresBooks } from "./postgres-books.ts";
import { Random } from "./random.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** Where a play takes place. */
export interface Ground {
  readonly database: PostgresDatabase;
  readonly books: Books;
  readonly players: Players;
}

/** Connections of all workers together, well below the 100 that a server has. */
const CONNECTIONS = 60;
const CONNECTIONS_OF_ONE = 10;
const CONNECTIONS_OF_PARENT = 3;

const NO_DATABASE =
  "wflo verify needs a database: give --url postgres://user:password@host:5432/database, set DATABASE_URL or PGHOST, or give " +
  "--pglite <folder> to try it without a server.";

/** Opens a database and migrates it. Throws `InvalidOptionError` without one, `StoreUnavailableError` when it does not answer. */
export async function openGround(options: VerifyOptions, tenant: string, folder: string): Promise<Ground> {
  const ground =
    options.pglite === undefined ? onPostgres(options, tenant, folder) : onPGlite(options, tenant, folder);
  try {
    await ground.database.migrate();
    return ground;
  } catch (error) {
    await closeGround(ground);
    throw error;
  }
}

/** Ends everybody and gives connections and files back. */
export async function closeGround({ database, books, players }: Ground): Promise<void> {
  await players.kill();
  await database.close();
  await books.close();
}

function onPostgres(options: VerifyOptions, tenant: string, folder: string): Ground {
  const { processes, callers, seed } = options;
  const url = urlOf(options);
  const applicationName = tenant;
  const connections = Math.max(1, Math.min(CONNECTIONS_OF_ONE, Math.floor(CONNECTIONS / processes)));
  const task = { url, applicationName, connections, tenant, callers };
  const parent = { url, applicationName: `${tenant} parent`, max: CONNECTIONS_OF_PARENT };
  // `postgres` checks a URL; without one the environment says where the database is.
  const database =
    url === undefined ? postgres({ pool: openPool(parent) }) : postgres({ url, max: parent.max });
  const books = postgresBooks({ pool: openPool(parent), tenant, applicationName });
  return { database, books, players: new Crew({ task, processes, folder, random: new Random(seed) }) };
}

function onPGlite({ pglite: path, callers, seed }: VerifyOptions, tenant: string, folder: string): Ground {
  const database = pglite(path);
  // Of one folder, all in a process share one instance.
  const players = ownPlayers({ database: pglite(path), tenant, callers, seed, folder });
  return { database, books: pgliteBooks(database.ledger, tenant), players };
}

function urlOf({ url }: VerifyOptions): string | undefined {
  const found = url ?? process.env["DATABASE_URL"];
  if (found !== undefined && found !== "") return found;
  if (process.env["PGHOST"] ?? process.env["PGDATABASE"] ?? process.env["PGSERVICE"]) return undefined;
  throw new InvalidOptionError(NO_DATABASE);
}
