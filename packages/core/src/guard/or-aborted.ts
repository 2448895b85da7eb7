import { nextTurn } from "./next-turn.ts";

/**
 * Resolves as `asked` does. When a signal aborts, and that has not ended it by the next turn of the loop, nobody waits for it any longer:
 * calls `abandon` and rejects with the signal's reason.
 */
export async function orAborted<T>(
  asked: Promise<T>,
  signals: readonly (AbortSignal | undefined)[],
  abandon: () => void,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  let isOver = false;
  const abort = async (event: Event): Promise<void> => {
    await nextTurn();
    if (isOver) return;
    abandon();
    aborted.reject((event.target as AbortSignal).reason);
  };
  const listener = (event: Event): void => void abort(event);
  for (const signal of signals) signal?.addEventListener("abort", listener, { once: true });
  try {
    return await Promise.race([asked, aborted.promise]);
  } finally {
    isOver = true;
    for (const signal of signals) signal?.removeEventListener("abort", listener);
  }
}
