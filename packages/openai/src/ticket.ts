/** A request that was reserved and not sent within this time never will be. */
const UNSENT_MS = 60_000;

/** What `fetch` was called with. */
export interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** One reserved attempt, waiting to be sent. */
export class Ticket {
  /** Resolves with what is sent, or with undefined when the SDK gave the request up before sending it. */
  readonly sent: Promise<Sent | undefined>;
  /** What the attempt comes to; set by whoever opens the door. */
  response: Promise<Response> | undefined;
  readonly #sent = Promise.withResolvers<Sent | undefined>();
  readonly #gone = new AbortController();
  readonly #stops: (() => void)[] = [];
  #isUsed = false;

  constructor(callerSignal: AbortSignal | null | undefined) {
    this.sent = this.#sent.promise;
    const timer = setTimeout(() => this.#close(undefined), UNSENT_MS);
    (timer as { unref?: () => void }).unref?.();
    void this.sent.then(() => clearTimeout(timer));
    this.#gone.signal.addEventListener("abort", () => this.#close(undefined), { once: true });
    if (callerSignal) this.#follow(callerSignal);
  }

  /** Aborts when the caller, or the SDK on its behalf, gives the request up. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** True when it was sent or given up: a ticket is good for one request. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Hands over what is to be sent. */
  send(sent: Sent): void {
    if (sent.init.signal) this.#follow(sent.init.signal);
    this.#close(sent);
  }

  /** The answer is over: forgets the caller's signals, which may live on for many calls. */
  over(): void {
    for (const stop of this.#stops) stop();
    this.#stops.length = 0;
  }

  #close(sent: Sent | undefined): void {
    this.#isUsed = true;
    this.#sent.resolve(sent);
  }

  #follow(signal: AbortSignal): void {
    const abort = () => this.#gone.abort(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#stops.push(() => signal.removeEventListener("abort", abort));
  }
}
