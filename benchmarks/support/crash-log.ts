import { existsSync, readFileSync } from "node:fs";
import { usd } from "@wflo/core";

/** What the ledger has acknowledged to processes that may be dead by now. */
export interface Acknowledged {
  readonly reserved: ReadonlySet<string>;
  /** By call id, in nano-dollars. */
  readonly settled: ReadonlyMap<string, bigint>;
}

/** Reads the lines that workers left; a last line without its end was never finished and does not count. */
export function readCrashLogs(files: readonly string[]): Acknowledged {
  const reserved = new Set<string>();
  const settled = new Map<string, bigint>();
  for (const file of files) {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
    for (const line of lines) {
      const [what = "", callId = "", charged = ""] = line.split(" ");
      if (what === "reserved") reserved.add(callId);
      if (what === "settled" || what === "late" || what === "replay")
        settled.set(callId, usd(charged).nanoUsd);
    }
  }
  return { reserved, settled };
}
