import { readdir, readFile } from "node:fs/promises";
import { StoreUnavailableError } from "@wflo/core";

/** One numbered SQL file of the folder `migrations`. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Beside both `src` and `dist`. */
const FOLDER: URL = new URL("../migrations/", import.meta.url);

/** The number of the last file, without reading any: what an up-to-date database says. */
export const LATEST_MIGRATION = 12;

/** All migrations in order. Throws `StoreUnavailableError` when a bundler left the SQL files behind. */
export async function migrationFiles(): Promise<readonly Migration[]> {
  try {
    const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort();
    return await Promise.all(
      names.map(async (name) => ({
        number: Number(name.slice(0, 4)),
        name,
        sql: await readFile(new URL(name, FOLDER), "utf8"),
      })),
    );
  } catch (cause) {
    throw new StoreUnavailableError(
      `The SQL files of @wflo/postgres were not found in ${FOLDER.href}. If a bundler moved the package, mark @wflo/postgres ` +
        "as external, so that it is loaded from node_modules.",
      { cause },
    );
  }
}
