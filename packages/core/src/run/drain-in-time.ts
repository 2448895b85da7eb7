import type { Clock } from "../ports/clock.ts";
import type { TrackedCalls } from "./tracked-calls.ts";

/** What calls get to stop once their wires are cut. */
const GRACE_MS = 2_000;

/** Waits for open calls, cuts those that take longer than `drainMs`, and goes on without those that do not even stop then. */
export async function drainInTime(
  calls: Pick<TrackedCalls, "drain" | "cut">,
  clock: Clock,
  drainMs: number,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancelCut = clock.schedule(() => calls.cut(), drainMs, { keepAlive: true });
  const cancelEnd = clock.schedule(() => late.resolve(), drainMs + GRACE_MS, { keepAlive: true });
  await Promise.race([calls.drain(), late.promise]);
  cancelCut();
  cancelEnd();
}
