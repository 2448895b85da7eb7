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
 * reads on for its exact cost, and cuts after `drainMs`. Of a stream, what had come by then is read before either cuts.
 */
export class WireControl {
  readonly #options: WireControlOptions;
  #cancelTimer: (() => void) | undefined;
  #catchUp: (() => Promise<void> | undefined) | undefined;
  #unwanted = false;
  #isDone = false;

  constructor(options: WireControlOptions) {
    this.#options = options;
  }

  /** Sets what is waited for before a wire is cut that nobody wants any more. */
  beforeCut(catchUp: () => Promise<void> | undefined): void {
    this.#catchUp = catchUp;
  }

  abandon(): void {
    if (this.#unwanted) return;
    this.#unwanted = true;
    const { clock, onAbort, drainMs } = this.#options;
    if (onAbort === "cancel") this.#giveUp();
    else this.#cancelTimer = clock.schedule(() => this.#giveUp(), drainMs, { keepAlive: true });
  }

  /** Cuts the wire now, or, unless it ends by itself before, when what had come is read. */
  cut(catchUp?: Promise<void>): void {
    const cut = () => {
      if (!this.#isDone) this.#options.wire.abort(new NobodyWantsIt("The answer was no longer wanted."));
    };
    if (catchUp === undefined) cut();
    else void catchUp.then(cut, cut);
  }

  /** The wire has come to its end by itself. */
  done(): void {
    this.#unwanted = true;
    this.#isDone = true;
    this.#cancelTimer?.();
  }

  #giveUp(): void {
    this.cut(this.#catchUp?.());
  }
}
