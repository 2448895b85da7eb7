/** A call that is still open, as whatever is around it needs to know it. */
export interface TrackedCall {
  readonly callId: string;
  /** Ends the consumer's say over the pace: read on to the end as fast as the provider sends. */
  hurry(): void;
  /** Cuts the wire. */
  cut(): void;
  /** Resolves when the outcome is known and its settlement is in the outbox. Never rejects. */
  readonly closed: Promise<void>;
  /** Resolves when the ledger has that settlement. Never rejects. */
  readonly settled: Promise<void>;
}

/** Which calls of a run: by the path of the step that they were made in, undefined outside of steps. */
export type Where = (step: string | undefined) => boolean;

/** Open calls, of a run or of a client. */
export class TrackedCalls {
  readonly #open = new Map<TrackedCall, string | undefined>();

  /** `step` is where in its run the call was made. */
  add(call: TrackedCall, step?: string): void {
    this.#open.set(call, step);
    void call.closed.then(() => this.#open.delete(call));
  }

  /** Resolves when those that are open now are closed. */
  async drain(where?: Where): Promise<void> {
    const open = this.#openIn(where);
    for (const call of open) call.hurry();
    await Promise.all(open.map((call) => call.closed));
  }

  /** Cuts the wires of the same. */
  cut(where?: Where): void {
    for (const call of this.#openIn(where)) call.cut();
  }

  #openIn(where: Where = () => true): TrackedCall[] {
    return [...this.#open].filter(([, step]) => where(step)).map(([call]) => call);
  }
}

/** Whether a path is that of a step or of one inside it. */
export function isWithin(path: string, step: string): boolean {
  return path === step || path.startsWith(`${step}/`);
}
