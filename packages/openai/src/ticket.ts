/** A request that was reserved and not sent within this time never will be. */
const UNSENT_MS = 60_000;

/** What became of a reserved request. */
export type Sent =
  /** What `fetch` was called with. */
  | { readonly kind: "sent"; readonly input: string | URL | Request; readonly init: RequestInit }
  /** The client sent it on a way of its own, and this came. */
  | { readonly kind: "answered"; readonly response: Response }
  /** The client sent it on a way of its own, and failed. */
  | { readonly kind: "failed"; readonly error: unknown }
  /** It was given up before anything was sent. */
  | { readonly kind: "unsent" }
  /** Nobody knows whether it was sent. */
  | { readonly kind: "unknown" };

interface TicketOptions {
  /** The caller's own, which is no time-out of the SDK. */
  readonly signal: AbortSignal | null | undefined;
  /** False where code of the user's stands between the ticket and `fetch`, and may send by itself. Default true. */
  readonly isOwnWay?: boolean;
}

/** One reserved attempt, waiting to be sent. */
export class Ticket {
  readonly sent: Promise<Sent>;
  /** What the attempt comes to; set by whoever opens the door. */
  response: Promise<Response> | undefined;
  readonly #caller: AbortSignal | undefined;
  readonly #sent = Promise.withResolvers<Sent>();
  readonly #gone = new AbortController();
  readonly #timedOut = new AbortController();
  readonly #stops: (() => void)[] = [];
  #stopTimer: () => void;
  #unsent: "unsent" | "unknown";
  #isUsed = false;
  #isAnswered = false;

  constructor({ signal, isOwnWay = true }: TicketOptions) {
    this.sent = this.#sent.promise;
    this.#unsent = isOwnWay ? "unsent" : "unknown";
    const timer = setTimeout(() => this.#close({ kind: this.#unsent }), UNSENT_MS);
    (timer as { unref?: () => void }).unref?.();
    this.#stopTimer = () => clearTimeout(timer);
    void this.sent.then(this.#stopTimer);
    this.#gone.signal.addEventListener("abort", () => this.#close({ kind: this.#unsent }), { once: true });
    this.#caller = signal ?? undefined;
    if (signal) this.#follow(signal);
  }

  /** Aborts when the caller, or the SDK on its behalf, gives the request up. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Aborts just before `signal` when it is the SDK's time-out that gives up, not the caller, before there is an answer. */
  get timedOut(): AbortSignal {
    return this.#timedOut.signal;
  }

  /** True when it was sent or given up: a ticket is good for one request. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Hands over what is to be sent. */
  send(input: string | URL | Request, init: RequestInit): void {
    const { signal } = init;
    if (signal && signal !== this.#caller) this.#follow(signal);
    this.#close({ kind: "sent", input, init });
  }

  /** From here on it may be sent at any time without being told: it takes as long as it takes, and giving up is no proof. */
  leave(): void {
    this.#unsent = "unknown";
    this.#stopTimer();
  }

  /** Hands over what came of it on another way than `fetch`. */
  tell(end: Extract<Sent, { kind: "answered" | "failed" | "unsent" }>): void {
    this.#close(end);
  }

  /** There is an answer: who gives up now is its reader. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** The answer is over: forgets the caller's signals, which may live on for many calls. */
  over(): void {
    for (const stop of this.#stops) stop();
    this.#stops.length = 0;
  }

  #close(sent: Sent): void {
    this.#isUsed = true;
    this.#sent.resolve(sent);
  }

  #follow(signal: AbortSignal): void {
    const abort = () => {
      const isCaller = this.#caller?.aborted === true;
      if (signal !== this.#caller && !isCaller && !this.#isAnswered) this.#timedOut.abort(signal.reason);
      this.#gone.abort(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#stops.push(() => signal.removeEventListener("abort", abort));
  }
}
