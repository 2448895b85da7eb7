import { decimalUsd } from "../money/money.ts";
import type { CostGroup } from "../ports/ledger-store.ts";

/** What some calls come to. */
export interface CostSum {
  /** Decimal string in US dollars. */
  readonly cost: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The time of all calls together, however many ran at once. Milliseconds. */
  readonly latencyMs: number;
  /** Calls that did not end with an answer. */
  readonly failures: number;
  /** How many of the calls are in doubt or were charged at their hold, so that `cost` is a bound. */
  readonly inexact: number;
}

/** Adds calls up. */
export class CostTally {
  #nanoUsd = 0n;
  #calls = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #latencyMs = 0;
  #failures = 0;
  #inexact = 0;

  add(group: CostGroup): void {
    this.#nanoUsd += group.chargedNanoUsd;
    this.#calls += group.calls;
    this.#inputTokens += group.inputTokens;
    this.#outputTokens += group.outputTokens;
    this.#latencyMs += group.latencyMs;
    this.#failures += group.failures;
    this.#inexact += group.inexact;
  }

  sum(): CostSum {
    return {
      cost: decimalUsd(this.#nanoUsd),
      calls: this.#calls,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      latencyMs: this.#latencyMs,
      failures: this.#failures,
      inexact: this.#inexact,
    };
  }
}
