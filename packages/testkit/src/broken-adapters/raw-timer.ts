/** The time-out of one attempt ran out. */
export class RawTimeoutError extends Error {}

/** The time-out of one attempt, as a framework has it: it runs from when the request is sent until its answer begins. */
export class RawTimer {
  /** Aborts when the time is up. */
  readonly timedOut: AbortSignal | undefined;
  /** Aborts when the time is up, or when the caller does. */
  readonly signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #ringing = new AbortController();

  constructor(timeoutMs: number | undefined, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.timedOut = timeoutMs === undefined ? undefined : this.#ringing.signal;
    const signals = [caller, this.timedOut].filter((signal) => signal !== undefined);
    this.signal = this.timedOut === undefined ? caller : AbortSignal.any(signals);
  }

  /** Does the work with the clock running. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#timeoutMs === undefined) return work();
    const ring = () => this.#ringing.abort(new RawTimeoutError("no answer in time"));
    const timer = setTimeout(ring, this.#timeoutMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }
}
