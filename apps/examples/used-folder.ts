import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pglite } from "@wflo/postgres/pglite";

/** One for all tests of this worker. */
let used: Promise<string> | undefined;

/** Makes a folder one that was used before, with a migrated database: PGlite takes some seconds to make a new one, and less than one to open it. */
export async function fillFolder(folder: string): Promise<void> {
  used ??= makeUsed();
  await cp(join(await used, "data"), join(folder, "data"), { recursive: true });
}

async function makeUsed(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "wflo-examples-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const database = pglite(folder);
  await database.migrate();
  await database.close();
  return folder;
}
