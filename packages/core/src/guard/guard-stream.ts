import { withContext } from "../run/run-context.ts";
import { checkAsked } from "./check-request.ts";
import type { DoorSettings } from "./door-settings.ts";
import { enter } from "./enter.ts";
import { closeCall, closeIfTimedOut, unlessStuck } from "./close-call.ts";
import { checkStillWanted, closeAnswered, defaultOnAbort, outcomeOfThrow } from "./guard-call.ts";
import type { Answer, Grant, GuardRequest, StreamAnswer } from "./guard-request.ts";
import type { OpenCall } from "./open-call.ts";
import { readStream } from "./read-stream.ts";
import { retried } from "./retried.ts";
import type { SeenModels } from "./seen-models.ts";
import { untilAborted } from "./until-aborted.ts";
import { WireControl } from "./wire-control.ts";

/**
 * One attempt (or several, see `retry`) at a paid request that answers as a stream: reserve, attempt, read, settle once at the end, however the stream
 * ends: to its end, by `break`, cancel, abort, or a failure of the wire. The attempt may also answer in one piece.
 * wflo reads the stream itself, a little ahead of the consumer, so the books close even when nobody reads it.
 * Throws as `guardCall` does.
 */
export async function guardStream<Chunk, T>(
  door: DoorSettings,
  seen: SeenModels,
  request: GuardRequest,
  attempt: (grant: Grant) => Promise<StreamAnswer<Chunk, T> | Answer<T>>,
): Promise<T> {
  checkAsked(request, attempt);
  return retried(request, (once, callers) => streamOnce(door, seen, once, callers, attempt));
}

async function streamOnce<Chunk, T>(
  door: DoorSettings,
  seen: SeenModels,
  request: GuardRequest,
  callers: AbortSignal | undefined,
  attempt: (grant: Grant) => Promise<StreamAnswer<Chunk, T> | Answer<T>>,
): Promise<T> {
  const call = await enter(door, seen, request);
  const control = new WireControl({
    clock: door.clock,
    wire: call.wire,
    onAbort: request.onAbort ?? defaultOnAbort(door),
    drainMs: door.drainMs,
  });
  await checkStillWanted(door, call);
  let isOpen = false;
  const opening = openStream(door, seen, call, attempt);
  opening.catch(() => control.done());
  // Read by one reader from the moment it opens, whether its caller still waits for it or not.
  const reading = opening.then((answer) => {
    if (!isStream(answer)) {
      control.done();
      return () => answer.value;
    }
    const signal = request.signal?.aborted === true ? request.signal : callers;
    const running = readStream(door, seen, call, { control, answer, signal });
    call.pace.hurry = running.hurry;
    isOpen = true;
    return () => answer.value(running.chunks);
  });
  const value = await untilAborted(request.signal, unlessStuck(call, reading), () => {
    if (isOpen) return;
    control.abandon();
    closeIfTimedOut(door, call);
  });
  return value();
}

async function openStream<Chunk, T>(
  door: DoorSettings,
  seen: SeenModels,
  call: OpenCall,
  attempt: (grant: Grant) => Promise<StreamAnswer<Chunk, T> | Answer<T>>,
): Promise<StreamAnswer<Chunk, T> | Answer<T>> {
  let answer: StreamAnswer<Chunk, T> | Answer<T>;
  try {
    answer = await withContext({ call: call.mark }, async () => attempt(call.grant));
  } catch (error) {
    await closeCall(door, call, outcomeOfThrow(call, error));
    throw error;
  }
  if (!isStream(answer)) await closeAnswered(door, seen, call, answer);
  return answer;
}

function isStream<Chunk, T>(answer: StreamAnswer<Chunk, T> | Answer<T>): answer is StreamAnswer<Chunk, T> {
  if (typeof answer !== "object" || answer === null) return false;
  const { chunks, meter, value } = answer as Partial<StreamAnswer<Chunk, T>>;
  return has(chunks, "getReader") && has(meter, "read", "flush", "outcome") && typeof value === "function";
}

function has(value: object | undefined, ...methods: readonly string[]): boolean {
  const named = value as Readonly<Record<string, unknown>> | null | undefined;
  return methods.every((method) => typeof named?.[method] === "function");
}
