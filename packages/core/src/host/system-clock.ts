import type { Clock } from "../ports/clock.ts";

/** The clock and timers of the host. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs, options) {
    const timer: unknown = setTimeout(task, delayMs);
    if (options?.keepAlive !== true) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};
