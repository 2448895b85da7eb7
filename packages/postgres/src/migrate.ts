import { StoreUnavailableError } from "@wflo/core";
import type { Cell, Driver } from "./driver.ts";
import { LATEST_MIGRATION, MIGRATIONS } from "./migrations.ts";
import { codeOf, storeError } from "./store-error.ts";

/** Any constant will do; this one spells "wflo" in ASCII. */
const ADVISORY_LOCK = 0x77_66_6c_6f;

const VERSION = "select max(number)::text, current_setting('server_encoding') from wflo.migration";
/** Encodings that have every character; the second takes bytes as they come. */
const ENCODINGS = new Set(["UTF8", "SQL_ASCII"]);

/**
 * Brings the schema `wflo` of a database up to date; one SELECT when it is. Any number of processes may do so at once.
 * Throws `StoreUnavailableError` when the role may not, when a newer version of this package was here, or when the database cannot keep every text.
 */
export async function migrate(driver: Driver): Promise<void> {
  const version = await versionOf(driver);
  if (version === undefined || version < LATEST_MIGRATION) await apply(driver);
  else if (version > LATEST_MIGRATION) throw newerError(driver, version);
}

/** Undefined when there are no tables yet. */
async function versionOf(driver: Driver): Promise<number | undefined> {
  try {
    const [row] = await driver.query({ text: VERSION, params: [] });
    return versionIn(driver, row);
  } catch (error) {
    const code = codeOf(error);
    if (code === "42P01" || code === "3F000") return undefined;
    throw storeError(error, driver.place);
  }
}

async function apply(driver: Driver): Promise<void> {
  try {
    await driver.transaction(async (run) => {
      // Taken before anything is looked at: CREATE SCHEMA IF NOT EXISTS itself races.
      await run(`select pg_advisory_xact_lock(${ADVISORY_LOCK})`);
      const [schema] = await run("select 1 from pg_namespace where nspname = 'wflo'");
      if (schema === undefined) await run("create schema wflo");
      await run(
        "create table if not exists wflo.migration (number int4 primary key, name text not null, at timestamptz not null default now())",
      );
      const [row] = await run(VERSION);
      const version = versionIn(driver, row);
      if (version > LATEST_MIGRATION) throw newerError(driver, version);
      for (const file of MIGRATIONS) {
        if (file.number <= version) continue;
        await run(file.sql);
        await run(`insert into wflo.migration (number, name) values (${file.number}, '${file.name}')`);
      }
    });
  } catch (error) {
    throw codeOf(error) === "42501" ? deniedError(driver, error) : storeError(error, driver.place);
  }
}

/** Throws `StoreUnavailableError` for a database that lacks characters: a bill with one of them could never be written down. */
function versionIn(driver: Driver, row: readonly Cell[] | undefined): number {
  const [version, encoding] = row ?? [];
  if (typeof encoding === "string" && !ENCODINGS.has(encoding))
    throw new StoreUnavailableError(
      `The ${driver.place} keeps texts in ${encoding}, which lacks characters that models write. Use a database made with ` +
        "CREATE DATABASE <name> ENCODING 'UTF8' TEMPLATE template0.",
    );
  return Number(version ?? 0);
}

function newerError(driver: Driver, version: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `The schema wflo in the ${driver.place} is at version ${version}, made by a newer @wflo/postgres; this one knows ` +
      `version ${LATEST_MIGRATION}. Update @wflo/postgres here.`,
  );
}

function deniedError(driver: Driver, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    `The role may not set up wflo in the ${driver.place}. Either let it: GRANT CREATE ON DATABASE <database> TO <user>; or set ` +
      "wflo up once as the owner, with await postgres({ url: ownerUrl }).migrate(), and then: GRANT USAGE ON SCHEMA wflo TO " +
      "<user>; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA wflo TO <user>; " +
      "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA wflo TO <user>;",
    { cause },
  );
}
