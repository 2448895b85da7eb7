import type { Clock } from "../ports/clock.ts";

/** Why the wire was cut by wflo. */
export class NobodyWantsIt extends Error {
  override readonly name = "AbortError";
}

interface WireControlOptions {
  readonly clock: Clock;
  readonly wire: AbortController;
  readonly onAbort: "drain" | "cancel";
  readonly drainMs: number;
}

/**
 * The one answer to abort, `break` and disconnect: nobody wants the rest any more. `cancel` cuts the wire at once; `drain`
 * reads on for its exact cost, and cuts after `drainMs`.
 */
export class WireControl {
  readonly #options: WireControlOptions;
  #cancelTimer: (() => void) | undefined;
  #unwanted = false;

  constructor(options: WireControlOptions) {
    this.#options = options;
  }

  abandon(): void {
    if (this.#unwanted) return;
    this.#unwanted = true;
    const { clock, onAbort, drainMs } = this.#options;
    if (onAbort === "cancel") this.cut();
    else this.#cancelTimer = clock.schedule(() => this.cut(), drainMs, { keepAlive: true });
  }

  /** Cuts the wire now. */
  cut(): void {
    this.#options.wire.abort(new NobodyWantsIt("The answer was no longer wanted."));
  }

  /** The wire has come to its end by itself. */
  done(): void {
    this.#unwanted = true;
    this.#cancelTimer?.();
  }
}
