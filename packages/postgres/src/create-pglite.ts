import { StoreUnavailableError } from "@wflo/core";
import type { PGlite } from "@electric-sql/pglite";
import type { PGliteLike } from "./pglite-driver.ts";
import { codeOf } from "./store-error.ts";

/** An instance that can be closed. */
export type ClosablePGlite = PGliteLike & { close(): Promise<void> };

/**
 * Without this, a database that was not closed keeps a timer of PostgreSQL's start-up messages running for ever once it is opened
 * again, and with it the process (PGlite 0.5.16).
 */
const NO_STARTUP_TIMER = ["-c", "log_startup_progress_interval=0"];

/**
 * Starts PGlite on a folder, or in memory. Loaded on first use: it is large, and an optional peer dependency.
 * Throws `StoreUnavailableError` when it is not installed, and PGlite's own error when the folder cannot be opened.
 */
export async function createPGlite(folder?: string): Promise<ClosablePGlite> {
  const engine = await load();
  const startParams = [...engine.defaultStartParams, ...NO_STARTUP_TIMER];
  return folder === undefined ? engine.create({ startParams }) : engine.create(folder, { startParams });
}

async function load(): Promise<typeof PGlite> {
  try {
    return (await import("@electric-sql/pglite")).PGlite;
  } catch (cause) {
    throw new StoreUnavailableError(
      codeOf(cause) === "ERR_MODULE_NOT_FOUND"
        ? "pglite() needs the package @electric-sql/pglite. Install it: npm install @electric-sql/pglite"
        : "The package @electric-sql/pglite could not be loaded.",
      { cause },
    );
  }
}
