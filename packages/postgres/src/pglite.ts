import { resolve } from "node:path";
import { databaseOn, type PostgresDatabase } from "./database.ts";
import { createPGlite } from "./create-pglite.ts";
import { openFolder } from "./open-folder.ts";
import { type OpenPGlite, pgliteDriver } from "./pglite-driver.ts";

export type { PostgresDatabase } from "./database.ts";

/**
 * wflo on PostgreSQL embedded in this process, with nothing to start: in `<folder>/data`, or in memory without a folder.
 * One process at a time; a second `pglite` of the same folder in this process shares the instance. What is written survives a
 * killed process, not a power cut: PGlite does not wait for the disk. Close it: a timer of PGlite's keeps a process that does not
 * up to 10 s longer. Methods reject with `StoreUnavailableError`.
 */
export function pglite(folder?: string): PostgresDatabase {
  if (folder === undefined) return databaseOn(pgliteDriver("PGlite database in memory", openMemory));
  const path = resolve(folder);
  return databaseOn(pgliteDriver(`PGlite database in ${path}`, () => openFolder(path)));
}

async function openMemory(): Promise<OpenPGlite> {
  const engine = await createPGlite();
  return { engine, check: () => {}, close: () => engine.close() };
}
