import { inTime } from "../budget/in-time.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Clock } from "../ports/clock.ts";

const FIRST_MS = 25;
const LAST_MS = 1_000;
/** A look that takes longer is given up, so that there is another one. */
const LOOK_MS = 5_000;

interface LookOutOptions {
  readonly clock: Clock;
  readonly look: () => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
  /** Called after each look, whatever came of it. */
  readonly onOver: () => void;
}

/** Looks again and again: 25 ms after it was asked to, then after twice as long each time, up to 1 s. Keeps the process alive meanwhile. */
export class LookOut {
  readonly #options: LookOutOptions;
  #delayMs = FIRST_MS;
  #cancel: (() => void) | undefined;
  #looksAtMs = 0;
  #isLooking = false;

  constructor(options: LookOutOptions) {
    this.#options = options;
  }

  /** There is to be a look, the one that is planned or under way if there is one. */
  plan(): void {
    if (this.#isLooking || this.#cancel !== undefined) return;
    const { clock } = this.#options;
    const delayMs = this.#delayMs * (0.75 + Math.random() / 2);
    this.#delayMs = Math.min(LAST_MS, this.#delayMs * 2);
    this.#looksAtMs = clock.monotonic() + delayMs;
    this.#cancel = clock.schedule(() => void this.#look(), delayMs, { keepAlive: true });
  }

  /** The next that is planned comes after 25 ms. */
  hurry(): void {
    this.#delayMs = FIRST_MS;
  }

  /** So does the one that is planned, unless it comes sooner: who hurries it more often than that must not put it off for ever. */
  hurryNow(): void {
    this.hurry();
    if (this.#looksAtMs > this.#options.clock.monotonic() + FIRST_MS) this.stop();
  }

  /** Takes back what is planned. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #look(): Promise<void> {
    const { clock, look, onTrouble, onOver } = this.#options;
    this.#cancel = undefined;
    this.#isLooking = true;
    const late = () => new StoreUnavailableError(`The database did not answer within ${LOOK_MS} ms.`);
    try {
      await inTime(clock, look(), { withinMs: LOOK_MS, late });
    } catch (error) {
      onTrouble(error);
    }
    this.#isLooking = false;
    onOver();
  }
}
