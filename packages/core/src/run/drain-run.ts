import { drainInTime } from "./drain-in-time.ts";
import type { OpenRun } from "./open-run.ts";
import { isWithin, type Where } from "./tracked-calls.ts";

/** What calls of steps get to end before they are cut: as long as SDKs let a request take. */
const STEP_DRAIN_MS = 600_000;

/** A step is about to be saved: waits for the calls that it left behind. */
export async function drainStep({ scope, clock }: OpenRun, path: string): Promise<void> {
  const inside: Where = (step) => step !== undefined && isWithin(step, path);
  await drainInTime(callsOf(scope, inside), clock, STEP_DRAIN_MS);
}

/**
 * A run is over: waits for its open calls and running steps. `isRefused`: it is to go on later, so its calls in steps get as long as their
 * steps would give them, unless somebody aborts it: what is cut, a resume pays for again.
 */
export async function drainRun(
  { scope, clock }: OpenRun,
  { drainMs, isRefused }: { readonly drainMs: number; readonly isRefused: boolean },
): Promise<void> {
  const inSteps: Where = (step) => step !== undefined;
  if (isRefused) await drainInTime(callsOf(scope, inSteps), clock, STEP_DRAIN_MS, scope.signal);
  await drainInTime(scope, clock, drainMs);
}

function callsOf(scope: OpenRun["scope"], where: Where) {
  return { drain: () => scope.drain(where), cut: () => scope.cut(where) };
}
