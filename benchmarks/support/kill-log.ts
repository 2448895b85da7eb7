import { existsSync, readFileSync, writeSync } from "node:fs";

/** A line that a worker of the kill benchmark leaves. `pid` and `epoch` say which execution of the run wrote it. */
export type KillLine = { readonly pid: number; readonly epoch: number } & (
  | { readonly what: "claim"; readonly atMs: number }
  /** The function of a step is executed. */
  | { readonly what: "step"; readonly path: string }
  /** The ledger granted a call. */
  | { readonly what: "call"; readonly callId: string; readonly atMs: number }
  /** The ledger took a settle. */
  | { readonly what: "settled"; readonly callId: string }
  /** The execution is over for its caller. */
  | { readonly what: "over" }
);

/** Appends one line before it returns: what a process wrote outlives its SIGKILL. */
export function writeKillLine(file: number, line: KillLine): void {
  writeSync(file, `${JSON.stringify(line)}\n`);
}

/** All whole lines of a run, of all its processes, in the order in which they were written. */
export function readKillLog(file: string): readonly KillLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as KillLine);
}
