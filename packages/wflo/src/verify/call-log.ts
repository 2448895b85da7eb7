import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { LogLine, Note } from "./log-line.ts";

/** A log that survives its process: a line is with the operating system when `note` returns. */
export interface CallLog {
  readonly note: Note;
  close(): void;
}

/** Opens a log for one process. */
export function openCallLog(file: string): CallLog {
  const log = openSync(file, "a");
  return {
    note: (line) => void writeSync(log, `${JSON.stringify(line)}\n`),
    close: () => closeSync(log),
  };
}

/** The lines of a log; a last one without its end was never finished and does not count. */
export function readCallLog(file: string): readonly LogLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LogLine);
}
