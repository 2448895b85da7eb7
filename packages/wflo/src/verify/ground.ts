import { join } from "node:path";
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
import type { VerifyOptions } from "./verify.ts";

/** Where a play takes place. */
export interface Ground {
  /** The database as people know it, without a password. */
  readonly place: string;
  readonly database: PostgresDatabase;
  readonly books: Books;
  readonly players: Players;
}

type GroundOptions = Pick<VerifyOptions, "url" | "folder" | "processes" | "callers" | "seed" | "lease">;

/** Connections of all workers together, well below the 100 that a server has. */
const CONNECTIONS = 60;
const CONNECTIONS_OF_ONE = 10;
const CONNECTIONS_OF_PARENT = 3;

/** Opens a database and migrates it. Throws `InvalidOptionError` for a URL that cannot be read, `StoreUnavailableError` without an answer. */
export async function openGround(options: GroundOptions, tenant: string, scratch: string): Promise<Ground> {
  const { url } = options;
  const ground =
    url === undefined ? onPGlite(options, tenant, scratch) : onPostgres({ ...options, url }, tenant, scratch);
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

function onPostgres(
  options: GroundOptions & { readonly url: string },
  tenant: string,
  scratch: string,
): Ground {
  const { url, processes, callers, seed, lease } = options;
  const applicationName = tenant;
  const connections = Math.max(1, Math.min(CONNECTIONS_OF_ONE, Math.floor(CONNECTIONS / processes)));
  const task = { url, applicationName, connections, tenant, callers, lease };
  const place = placeOf(url);
  const players = new Crew({ task, processes, folder: scratch, random: new Random(seed) });
  const pool = openPool({
    url,
    applicationName: `${tenant} parent`,
    max: CONNECTIONS_OF_PARENT,
    onDeadlock: (sentence) => players.errors.push(sentence),
  });
  const books = postgresBooks({ pool, tenant, applicationName });
  return { place, database: postgres({ pool }), books, players };
}

/** Host and name, without user and password. Throws `InvalidOptionError` for a URL that `postgres` does not take. */
function placeOf(url: string): string {
  // Opens no connection.
  postgres({ url });
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function onPGlite({ folder, callers, seed, lease }: GroundOptions, tenant: string, scratch: string): Ground {
  const path = folder ?? join(scratch, "pglite");
  const database = pglite(path);
  // Of one folder, all in a process share one instance.
  const players = ownPlayers({ database: pglite(path), tenant, callers, seed, lease, folder: scratch });
  const place = folder === undefined ? "PGlite" : `PGlite in ${folder}`;
  return { place, database, books: pgliteBooks(database.ledger, tenant), players };
}
