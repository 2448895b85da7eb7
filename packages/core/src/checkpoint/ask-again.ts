import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Clock } from "../ports/clock.ts";

/** How often a store that cannot be reached is asked, and how long is waited before the second time; then twice as long each time. */
export interface Patience {
  readonly attempts: number;
  readonly firstPauseMs: number;
}

/** Asks a store, and again while it throws `StoreUnavailableError`; throws the last one when patience is at its end. */
export async function askAgain<T>(clock: Clock, patience: Patience, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || attempt >= patience.attempts) throw error;
      await pause(clock, patience.firstPauseMs * 2 ** (attempt - 1));
    }
  }
}

/** Waits, and keeps the process alive meanwhile. */
export async function pause(clock: Clock, delayMs: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  clock.schedule(() => over.resolve(), delayMs, { keepAlive: true });
  await over.promise;
}
