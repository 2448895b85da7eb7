import type { CallMark } from "../run/run-context.ts";

/**
 * Finds out whether calls through one wrapper are metered inside. Until that is known they are made one at a time, so that
 * at most one is paid without a hold.
 */
export class MeteringTrial {
  #verdict: "unknown" | "metered" | "unmetered" = "unknown";
  #running: { readonly over: Promise<void>; callId: string | undefined } | undefined;

  /** A call was paid without a hold. Nothing makes up for it. */
  get isUnmetered(): boolean {
    return this.#verdict === "unmetered";
  }

  foundMetered(): void {
    if (this.#verdict === "unknown") this.#verdict = "metered";
  }

  foundUnmetered(): void {
    this.#verdict = "unmetered";
  }

  /** Waits until nothing more is to be found out, or it is this call's turn to find out; then `end` must be called. */
  async turn(inside: CallMark | undefined): Promise<MeteringTurn> {
    while (
      this.#verdict === "unknown" &&
      this.#running !== undefined &&
      !isWithin(inside, this.#running.callId)
    )
      await this.#running.over;
    if (this.#verdict !== "unknown" || this.#running !== undefined) return { began() {}, end() {} };
    const over = Promise.withResolvers<void>();
    const running = { over: over.promise, callId: undefined as string | undefined };
    this.#running = running;
    return {
      began: (callId) => void (running.callId = callId),
      end: () => {
        if (this.#running === running) this.#running = undefined;
        over.resolve();
      },
    };
  }
}

/** The turn of one call. */
export interface MeteringTurn {
  /** A call inside this one does not wait for it. */
  began(callId: string): void;
  /** Lets the others go on. May be called twice. */
  end(): void;
}

function isWithin(mark: CallMark | undefined, callId: string | undefined): boolean {
  if (callId === undefined) return false;
  for (let at = mark; at !== undefined; at = at.parent) if (at.callId === callId) return true;
  return false;
}
