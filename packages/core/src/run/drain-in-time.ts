import type { Clock } from "../ports/clock.ts";
import type { TrackedCalls } from "./tracked-calls.ts";

/** What calls get to stop once their wires are cut. */
const GRACE_MS = 2_000;

/**
 * Waits for open calls, cuts those that take longer than `drainMs`, and goes on without those that do not even stop then, or when `signal`
 * aborts.
 */
export async function drainInTime(
  calls: Pick<TrackedCalls, "drain" | "cut">,
  clock: Clock,
  drainMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) return;
  const late = Promise.withResolvers<void>();
  const goOn = () => late.resolve();
  signal?.addEventListener("abort", goOn);
  const cancelCut = clock.schedule(() => calls.cut(), drainMs, { keepAlive: true });
  const cancelEnd = clock.schedule(goOn, drainMs + GRACE_MS, { keepAlive: true });
  await Promise.race([calls.drain(), late.promise]);
  cancelCut();
  cancelEnd();
  signal?.removeEventListener("abort", goOn);
}
