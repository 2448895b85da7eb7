import { BudgetExceededError, type GuardRequest, type Wflo } from "@wflo/core";
import { farSide, farStream } from "./far-side.ts";
import type { Random } from "./random.ts";

/** A caller that gave up, as it was meant to. */
export class PlayedAbort extends Error {
  override readonly name = "PlayedAbort";
}

/** A stream that was cut in its middle, since its cap was lowered: no refusal, and its figures are no reason for one. */
export class CutStream extends Error {
  override readonly name = "CutStream";
}

/** How calls are played. */
export interface PlayedCalls {
  /** The budgets of one call. */
  readonly budgetsOf: (random: Random) => readonly string[];
  /** Told how a call inside another one ended that was not answered. */
  readonly onInnerFailure: (error: unknown) => void;
}

const ABORTS_WITHIN_MS = 60;

/** Makes one call through the door: plain, streamed, with others inside, or given up while it waits or runs. */
export async function playCall(wflo: Wflo, random: Random, how: PlayedCalls): Promise<void> {
  const dice = random.next();
  const request = playRequest(random, how);
  if (dice < 0.15) return readStream(wflo, random, request);
  if (dice < 0.27) return callWithOthersInside(wflo, random, request, how);
  if (dice < 0.4) return givenUp(random, (ends) => plainCall(wflo, random, { ...request, ...ends }));
  if (dice < 0.43) return givenUp(random, (ends) => readStream(wflo, random, { ...request, ...ends }));
  return plainCall(wflo, random, request);
}

async function plainCall(wflo: Wflo, random: Random, request: GuardRequest): Promise<void> {
  await wflo.guardCall(request, (grant) => farSide(random, request, grant));
}

async function readStream(wflo: Wflo, random: Random, request: GuardRequest): Promise<void> {
  const stream = await wflo.guardStream(request, (grant) => farStream(random, request, grant));
  const leavesAfter = random.chance(0.2) ? random.between(0, 3) : Number.POSITIVE_INFINITY;
  let read = 0;
  try {
    for await (const _ of stream) {
      read += 1;
      if (read > leavesAfter) break;
    }
  } catch (error) {
    throw error instanceof BudgetExceededError ? new CutStream(error.message) : error;
  }
}

/** The first call inside takes the hold over; a second holds for itself. The one around goes on whatever becomes of them. */
async function callWithOthersInside(
  wflo: Wflo,
  random: Random,
  request: GuardRequest,
  how: PlayedCalls,
): Promise<void> {
  await wflo.guardCall(request, async (grant) => {
    for (let inner = random.between(1, 2); inner > 0; inner -= 1) {
      await plainCall(wflo, random, playRequest(random, how)).catch(how.onInnerFailure);
    }
    return farSide(random, request, grant);
  });
}

/** In half of the cases it is a time-out of a framework, after which the call is in doubt at once and its bill comes late. */
async function givenUp(
  random: Random,
  call: (ends: Pick<GuardRequest, "signal" | "timedOut">) => Promise<void>,
): Promise<void> {
  const [caller, timer] = [new AbortController(), new AbortController()];
  const isTimeOut = random.chance(0.5);
  const giveUp = (): void => {
    if (isTimeOut) timer.abort();
    caller.abort(new PlayedAbort("The caller gave up, as it was meant to."));
  };
  const timeout = setTimeout(giveUp, random.between(0, ABORTS_WITHIN_MS));
  try {
    await call({ signal: caller.signal, timedOut: timer.signal });
  } finally {
    clearTimeout(timeout);
  }
}

/** A request as callers of all kinds make them: long and short, with and without an output cap, some that may be clamped. */
function playRequest(random: Random, { budgetsOf }: PlayedCalls): GuardRequest {
  const text = "x".repeat(random.between(10, 400));
  const request = {
    provider: "verify",
    model: "unit",
    parts: [{ kind: "text" as const, text }],
    budgets: budgetsOf(random),
    onAbort: random.chance(0.5) ? ("cancel" as const) : ("drain" as const),
    // Waiting takes at most half of it.
    timeoutMs: random.chance(0.2) ? random.between(100, 1_000) : undefined,
  };
  if (random.chance(0.4)) return request;
  return { ...request, maxOutputTokens: random.between(50, 1_500), clamp: random.chance(0.3) };
}
