import { readdirSync, readFileSync } from "node:fs";

const FOLDER: URL = new URL("../migrations/", import.meta.url);

/**
 * The SQL files of the folder `migrations` by their names. The build puts what is read here in the place of this file: a bundler leaves files
 * behind, and some runtimes have none.
 */
export const migrationTexts: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]),
);
