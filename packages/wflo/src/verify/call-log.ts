import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { ClosingKind, SettleVerdict } from "@wflo/core";

/** One thing that a process asked of the ledger or heard from it. Amounts are nano-dollars as text. */
export type LogLine =
  /** Written before a call asks for its hold the first time: whoever dies meanwhile may have it or not. */
  | {
      readonly what: "ask";
      readonly call: string;
      readonly budgets: readonly string[];
      readonly replaces?: string | undefined;
      /** It is no call but a lease, on which the process holds calls by itself. */
      readonly lease?: true;
    }
  /** The ledger has acknowledged a hold. */
  | { readonly what: "got"; readonly call: string; readonly held: string; readonly ms: number }
  /** Written before a settle is sent; without `cost` it charges the hold. */
  | { readonly what: "closing"; readonly call: string; readonly kind: ClosingKind; readonly cost?: string }
  /** The ledger has acknowledged a settle. */
  | {
      readonly what: "closed";
      readonly call: string;
      readonly code: SettleVerdict["code"];
      readonly charged: string;
    }
  /** A call is over, and says what it cost; written before a ledger hears of it. */
  | {
      readonly what: "ended";
      readonly call: string;
      readonly budgets: readonly string[];
      readonly cost: string;
    }
  /** A call that had to wait was let through. */
  | { readonly what: "waited"; readonly ms: number }
  /** A call was refused for want of money, by its own figures. `isStuck`: what calls hold that wait for it stood in the way. */
  | {
      readonly what: "exceeded";
      readonly budget: string;
      readonly needed: string;
      readonly cap: string;
      readonly spent: string;
      readonly isStuck: boolean;
    }
  | { readonly what: "busy" | "paused" | "aborted" | "failed" | "answered" }
  /** Something that nobody meant to happen. */
  | { readonly what: "error"; readonly message: string };

/** Takes a line before anything that depends on it happens. */
export type Note = (line: LogLine) => void;

/** A log that survives its process: a line is with the operating system when `note` returns. */
export interface CallLog {
  readonly note: Note;
  /** May be called again. */
  close(): void;
}

/** Opens a log for one process. */
export function openCallLog(file: string): CallLog {
  const log = openSync(file, "a");
  let isOpen = true;
  return {
    note: (line) => void writeSync(log, `${JSON.stringify(line)}\n`),
    close() {
      // Its number may be another file's by then.
      if (isOpen) closeSync(log);
      isOpen = false;
    },
  };
}

/** The lines of a log; a last one without its end was never finished and does not count. */
export function readCallLog(file: string): readonly LogLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LogLine);
}
