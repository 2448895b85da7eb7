import { setTimeout as sleep } from "node:timers/promises";

/** Lets tokens out at a steady rate, measured from its making, so that timers that fire late do not add up. */
export class Pacer {
  readonly #startedMs = performance.now();
  readonly #tokensPerSecond: number | undefined;

  /** Without a rate nothing ever waits. */
  constructor(tokensPerSecond: number | undefined) {
    this.#tokensPerSecond = tokensPerSecond;
  }

  /** Waits until this many tokens are due. Rejects with an `AbortError`. */
  async until(tokens: number, signal: AbortSignal): Promise<void> {
    if (!this.#tokensPerSecond) return;
    const waitMs = this.#startedMs + (tokens * 1000) / this.#tokensPerSecond - performance.now();
    if (waitMs >= 1) await sleep(waitMs, undefined, { signal });
  }

  /** The tokens made by now; none without a rate. */
  due(): number {
    return Math.floor(((performance.now() - this.#startedMs) * (this.#tokensPerSecond ?? 0)) / 1000);
  }
}
