/** What a promise comes to, unless the signal aborts first: then its reason, after `onAbort`. */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  onAbort: () => void = () => {},
): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    onAbort();
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
