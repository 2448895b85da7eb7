import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeGround, type Ground, openGround } from "./ground.ts";
import { play, type PlayProgress } from "./play.ts";
import type { VerifyOptions } from "./verify-options.ts";
import type { VerifyReport } from "./verify-report.ts";
import { writeReport } from "./write-report.ts";

/**
 * Plays on a database in a tenant of its own, and tells which promises were kept. Its rows are deleted, however it ends.
 * Throws `InvalidOptionError` without a database, `StoreUnavailableError` when it does not answer, and the reason of the signal.
 */
export async function verify(
  options: VerifyOptions,
  about: { readonly signal: AbortSignal; readonly onProgress: (progress: PlayProgress) => void },
): Promise<VerifyReport> {
  const tenant = `wflo-verify-${randomUUID().slice(0, 8)}`;
  const folder = mkdtempSync(join(tmpdir(), "wflo-verify-"));
  try {
    const ground = await openGround(options, tenant, folder);
    try {
      const playMs = options.seconds * 1_000;
      const result = await play({ ground, tenant, seed: options.seed, playMs, ...about });
      return writeReport(options, tenant, result);
    } finally {
      await leave(ground, tenant, options.keep);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Nobody may write any more when the rows are deleted. */
async function leave(ground: Ground, tenant: string, isKept: boolean): Promise<void> {
  const { database, books, players } = ground;
  try {
    await players.kill();
    await books.workersGone();
    if (!isKept) await database.deleteTenant(tenant);
  } finally {
    await closeGround(ground);
  }
}
