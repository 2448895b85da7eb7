/** The private header by which a reserved call finds its way from `prepareRequest` to `fetch`; never sent. */
export const TICKET_HEADER = "x-wflo-ticket";

/** A request that was reserved and not sent within this time never will be. */
const UNSENT_MS = 60_000;

/** What `fetch` was called with. */
export interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** One reserved attempt, waiting to be sent. */
export class Ticket {
  readonly id: string = crypto.randomUUID();
  /** Resolves with what is sent, or with undefined when the SDK gave the request up before sending it. */
  readonly sent: Promise<Sent | undefined>;
  /** What the attempt comes to; set by whoever opens the door. */
  response: Promise<Response> | undefined;
  readonly #sent = Promise.withResolvers<Sent | undefined>();
  readonly #gone = new AbortController();

  constructor(callerSignal: AbortSignal | null | undefined) {
    this.sent = this.#sent.promise;
    if (callerSignal) this.#follow(callerSignal);
    const timer = setTimeout(() => this.#sent.resolve(undefined), UNSENT_MS);
    (timer as { unref?: () => void }).unref?.();
    const forget = () => clearTimeout(timer);
    void this.sent.then(forget);
    this.#gone.signal.addEventListener("abort", () => this.#sent.resolve(undefined), { once: true });
  }

  /** Aborts when the caller, or the SDK on its behalf, gives the request up. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Hands over what is to be sent. */
  send(sent: Sent): void {
    if (sent.init.signal) this.#follow(sent.init.signal);
    this.#sent.resolve(sent);
  }

  #follow(signal: AbortSignal): void {
    const abort = () => this.#gone.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }
}
