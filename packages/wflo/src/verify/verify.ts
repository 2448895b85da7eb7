import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreUnavailableError } from "@wflo/core";
import { closeGround, type Ground, openGround } from "./ground.ts";
import { play, type PlayProgress } from "./play.ts";
import type { VerifyReport } from "./verify-report.ts";
import { writeReport } from "./write-report.ts";

/** What `wflo verify` is asked to do; see its `--help`. */
export interface VerifyOptions {
  /** `postgres://user:password@host:port/database`. Undefined: embedded PGlite, and everything happens in this process. */
  readonly url: string | undefined;
  /** The folder of PGlite; undefined is one that is deleted in the end. */
  readonly folder: string | undefined;
  readonly processes: number;
  readonly seconds: number;
  /** Parallel callers of each process. */
  readonly callers: number;
  readonly seed: number;
  /** The processes lease the budget that nearly all calls are on. */
  readonly lease: boolean;
  /** Leave the rows where they are. */
  readonly keep: boolean;
}

/**
 * Plays on a database in a tenant of its own, and tells which promises were kept. Its rows are deleted, however it ends.
 * Throws `InvalidOptionError` for a URL that cannot be read, `StoreUnavailableError` when the database does not answer, and the reason of
 * the signal.
 */
export async function verify(
  options: VerifyOptions,
  about: { readonly signal: AbortSignal; readonly onProgress: (progress: PlayProgress) => void },
): Promise<VerifyReport> {
  const tenant = `wflo-verify-${randomUUID().slice(0, 8)}`;
  const scratch = mkdtempSync(join(tmpdir(), "wflo-verify-"));
  try {
    const ground = await openGround(options, tenant, scratch);
    try {
      const playMs = options.seconds * 1_000;
      const result = await play({ ground, tenant, seed: options.seed, playMs, ...about });
      return writeReport(options, { tenant, place: ground.place }, result);
    } finally {
      await leave(ground, tenant, options.keep);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Nobody may write any more when the rows are deleted. */
async function leave(ground: Ground, tenant: string, isKept: boolean): Promise<void> {
  const { database, books, players } = ground;
  try {
    await players.kill();
    await books.workersGone();
    if (!isKept) await database.deleteTenant(tenant);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const left = `Rows of the play are left: postgres().deleteTenant("${tenant}") deletes them.`;
    throw new StoreUnavailableError(`${left} ${why}`, { cause });
  } finally {
    await closeGround(ground);
  }
}
