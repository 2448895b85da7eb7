import type { Clock } from "../ports/clock.ts";

/** What work comes to; rejects with `late()` when that takes longer than `withinMs`. */
export async function inTime<T>(
  clock: Clock,
  work: Promise<T>,
  { withinMs, late }: { readonly withinMs: number; readonly late: () => Error },
): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const cancel = clock.schedule(() => timer.reject(late()), withinMs, { keepAlive: true });
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    cancel();
  }
}
