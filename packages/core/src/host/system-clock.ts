import type { Clock } from "../ports/clock.ts";

/** What a timer can wait for at most; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock and timers of the host. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs, options) {
    const timer: unknown = setTimeout(task, Math.min(delayMs, LONGEST_MS));
    if (options?.keepAlive !== true) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};
