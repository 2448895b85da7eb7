import { usd } from "@wflo/core";
import type { LogLine } from "./call-log.ts";

/** Different unexpected errors that are kept. */
const MOST_ERRORS = 20;

/** What the lines of all logs add up to. */
export class Tally {
  answered = 0;
  exceeded = 0;
  busy = 0;
  paused = 0;
  aborted = 0;
  failed = 0;
  /** Acknowledged settles of holds: pairs of reserve and settle. */
  pairs = 0;
  readonly reserveMs: number[] = [];
  readonly waitsMs: number[] = [];
  /** Refusals whose own figures say that the money was there. */
  readonly affordable: string[] = [];
  /** Unexpected errors, and how often each was seen. */
  readonly errors = new Map<string, number>();

  add(line: LogLine): void {
    switch (line.what) {
      case "ask":
      case "closing":
      case "ended":
        return;
      case "got":
        return void this.reserveMs.push(line.ms);
      case "closed":
        return this.#closed(line);
      case "waited":
        return void this.waitsMs.push(line.ms);
      case "exceeded":
        return this.#exceeded(line);
      case "error":
        return this.#error(line.message);
      case "answered":
      case "busy":
      case "paused":
      case "aborted":
      case "failed":
        this[line.what] += 1;
    }
  }

  #closed({ call, code }: Extract<LogLine, { readonly what: "closed" }>): void {
    if (code === "settled") this.pairs += 1;
    if (code === "conflict") this.#error(`The ledger took no settle of call ${call}: ${code}.`);
  }

  #exceeded(line: Extract<LogLine, { readonly what: "exceeded" }>): void {
    this.exceeded += 1;
    const left = usd(line.cap).nanoUsd - usd(line.spent).nanoUsd;
    if (line.isStuck || usd(line.needed).nanoUsd > left) return;
    this.affordable.push(
      `${line.budget} refused a call that needed ${line.needed}, with a cap of ${line.cap} and ${line.spent} spent.`,
    );
  }

  #error(message: string): void {
    if (this.errors.size < MOST_ERRORS || this.errors.has(message))
      this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
  }
}
