import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The garbage collector: run on demand, and its time watched. */
export class Collector {
  readonly #collect: () => void;
  readonly #observer: PerformanceObserver;
  #spentMs = 0;

  constructor() {
    setFlagsFromString("--expose-gc");
    this.#collect = runInNewContext("gc") as () => void;
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#spentMs += entry.duration;
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** A full collection, so that one part does not pay for the rubbish of the one before. */
  collect(): void {
    this.#collect();
  }

  /** Milliseconds of collection since the last question. */
  async takeSpentMs(): Promise<number> {
    // The observer is told in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const spent = this.#spentMs;
    this.#spentMs = 0;
    return spent;
  }
}
