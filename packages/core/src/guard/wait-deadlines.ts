import type { Clock } from "../ports/clock.ts";
import type { Waiter } from "./waiter.ts";

/** A store that answers nobody for so long keeps no call from being given up that it was not asked for yet. */
const ANSWER_MS = 5_000;

/** Ends waits at their deadlines, whatever the store is busy with; one that the store has said nothing of yet only while it answers nobody. */
export class WaitDeadlines {
  readonly #clock: Clock;
  readonly #giveUp: (waiter: Waiter, waitedMs: number) => void;
  /** When the store last answered anybody. */
  #answeredAtMs = -Infinity;

  constructor(clock: Clock, giveUp: (waiter: Waiter, waitedMs: number) => void) {
    this.#clock = clock;
    this.#giveUp = giveUp;
  }

  /** Tells that the store has answered somebody. */
  noteAnswer(): void {
    this.#answeredAtMs = this.#clock.monotonic();
  }

  /** Until its `cancelDeadline` is called. */
  watch(waiter: Waiter, atMs: number = waiter.deadline): void {
    const look = () => {
      const answerBy = Math.max(waiter.since, this.#answeredAtMs) + ANSWER_MS;
      if (!this.#isLate(waiter)) this.watch(waiter);
      else if (waiter.waitsFor === undefined && this.#clock.monotonic() < answerBy)
        this.watch(waiter, answerBy);
      // While the store is asked it is the answer that looks.
      else if (!waiter.isAsking) this.#end(waiter);
    };
    const delayMs = Math.max(0, atMs - this.#clock.monotonic());
    waiter.cancelDeadline = this.#clock.schedule(look, delayMs, { keepAlive: true });
  }

  /** Looks at one that is to wait on. */
  endIfLate(waiter: Waiter): void {
    if (this.#isLate(waiter)) this.#end(waiter);
  }

  #isLate(waiter: Waiter): boolean {
    return waiter.deadline <= this.#clock.monotonic();
  }

  #end(waiter: Waiter): void {
    this.#giveUp(waiter, Math.round(this.#clock.monotonic() - waiter.since));
  }
}
