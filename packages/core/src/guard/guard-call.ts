import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { isUsage } from "../pricing/usage/usage.ts";
import { currentContext, withContext } from "../run/run-context.ts";
import { checkAsked } from "./check-request.ts";
import type { DoorSettings } from "./door-settings.ts";
import { enter } from "./enter.ts";
import type { Answer, Grant, GuardRequest, Outcome } from "./guard-request.ts";
import { closeCall, closeIfStuck, closeIfTimedOut, unlessStuck } from "./close-call.ts";
import type { OpenCall } from "./open-call.ts";
import { outcomeOfAnswer, outcomeOfError } from "./outcome.ts";
import { retried } from "./retried.ts";
import type { SeenModels } from "./seen-models.ts";
import { WireControl } from "./wire-control.ts";

/**
 * One attempt (or several, see `retry`) at a paid request that answers in one piece: reserve, attempt, settle. Returns the attempt's value.
 * Throws what `enter` throws before anything was sent, what the attempt throws, and the signal's reason as soon as it aborts;
 * the ledger is right in each case.
 */
export async function guardCall<T>(
  door: DoorSettings,
  seen: SeenModels,
  request: GuardRequest,
  attempt: (grant: Grant) => Promise<Answer<T>>,
): Promise<T> {
  checkAsked(request, attempt);
  return retried(request, (once) => callOnce(door, seen, once, attempt));
}

async function callOnce<T>(
  door: DoorSettings,
  seen: SeenModels,
  request: GuardRequest,
  attempt: (grant: Grant) => Promise<Answer<T>>,
): Promise<T> {
  const call = await enter(door, seen, request);
  await checkStillWanted(door, call);
  const work = unlessStuck(call, runAttempt(door, seen, call, attempt));
  return request.signal ? firstOf(door, call, request.signal, work) : work;
}

/** Gives the hold back and throws when the caller aborted, or the run or the client came to its end, while the call asked. */
export async function checkStillWanted(door: DoorSettings, call: OpenCall): Promise<void> {
  const signals = [call.request.signal, currentContext().run?.closed, door.line.closed];
  const ended = signals.find((signal) => signal?.aborted);
  if (ended === undefined) return closeIfStuck(door, call);
  await closeCall(door, call, { kind: "rejected", reason: "no longer wanted when it could be sent" });
  ended.throwIfAborted();
}

async function runAttempt<T>(
  door: DoorSettings,
  seen: SeenModels,
  call: OpenCall,
  attempt: (grant: Grant) => Promise<Answer<T>>,
): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await withContext({ call: call.mark }, async () => attempt(call.grant));
  } catch (error) {
    await closeCall(door, call, outcomeOfThrow(call, error));
    throw error;
  }
  door.crashPoint("after-answer");
  await closeAnswered(door, seen, call, answer);
  return answer.value;
}

/** Closes a call by what its attempt returned. Throws `InvalidOptionError` when that says nothing of what it cost. */
export async function closeAnswered(
  door: DoorSettings,
  seen: SeenModels,
  call: OpenCall,
  answer: Answer<unknown>,
): Promise<void> {
  const outcome = outcomeOfAnswer(answer);
  if (outcome === undefined) {
    await closeCall(door, call, { kind: "doubt", reason: "the attempt did not say what it cost" });
    throw new InvalidOptionError(
      "An attempt returns { value, usage } or { value, outcome }, or, for a stream, { chunks, meter, value }; this one was charged at its hold.",
    );
  }
  noteAnswer(door, seen, call, outcome);
  await closeCall(door, call, outcome);
}

/** The outcome of an attempt that threw. Where wflo cut the wire because nobody wanted the answer, that is why it threw. */
export function outcomeOfThrow(call: OpenCall, error: unknown): Outcome {
  if (call.wire.signal.aborted) {
    const isCancelled = call.request.onAbort === "cancel";
    return { kind: isCancelled ? "cut" : "doubt", reason: "stopped before its answer was there" };
  }
  return outcomeOfError(error);
}

/** Remembers what the next estimate can learn from an answer. */
export function noteAnswer(door: DoorSettings, seen: SeenModels, call: OpenCall, outcome: Outcome): void {
  // The call inside that took the hold over has noted its own.
  if (outcome.kind !== "answered" || call.mark.takenOver || call.request.price !== undefined) return;
  const { usage, noUsage } = outcome;
  if (isUsage(usage)) {
    seen.answered(call.label, usage.outputTokens);
    seen.anchors.note(call.request, outcome);
  } else if (!usage && call.budgetIds.length > 0 && noUsage?.isExpected !== true)
    seen.answeredWithoutUsage(call.label, door.clock.monotonic());
}

/** The caller is let go at once when it aborts; the attempt is read to its end or cut, and settled, behind its back. */
async function firstOf<T>(
  door: DoorSettings,
  call: OpenCall,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  const control = new WireControl({
    clock: door.clock,
    wire: call.wire,
    onAbort: call.request.onAbort ?? defaultOnAbort(door),
    drainMs: door.drainMs,
  });
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    control.abandon();
    closeIfTimedOut(door, call);
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const over = () => {
    control.done();
    signal.removeEventListener("abort", abort);
  };
  void work.then(over, over);
  return Promise.race([work, aborted.promise]);
}

/** A host that freezes the process after its answer cannot read on. */
export function defaultOnAbort(door: DoorSettings): "drain" | "cancel" {
  return door.settle === "await" ? "cancel" : "drain";
}
