import { HoldExceededError } from "../errors/hold-exceeded-error.ts";
import type { WfloError } from "../errors/wflo-error.ts";
import { closeCall } from "./close-call.ts";
import type { DoorSettings } from "./door-settings.ts";
import { noteAnswer } from "./guard-call.ts";
import type { Outcome, StreamAnswer, StreamMeter } from "./guard-request.ts";
import { outputTokensAtLeast, tokensPaidBy } from "./hold-watch.ts";
import type { OpenCall } from "./open-call.ts";
import { outputTokensAtMost } from "./output-at-most.ts";
import { pump, type CutEnd, type StreamEnd } from "./pump.ts";
import type { SeenModels } from "./seen-models.ts";
import type { WireControl } from "./wire-control.ts";

/** A stream on its way to its consumer. */
interface ReadStream<Chunk> {
  readonly chunks: ReadableStream<Chunk>;
  /** Reads on without waiting for the consumer. */
  readonly hurry: () => void;
}

/**
 * Reads the stream of a call to its end and closes the call: after its last event, when it breaks off, when nobody wants it any
 * more, or when wflo cuts it because its budget was paused, its cap lowered or its hold passed.
 */
export function readStream<Chunk, T>(
  door: DoorSettings,
  seen: SeenModels,
  call: OpenCall,
  control: WireControl,
  answer: StreamAnswer<Chunk, T>,
): ReadStream<Chunk> {
  const { meter } = answer;
  const { signal, onCut } = call.request;
  const watch = watchOutput(door, call, meter);
  let refusal: WfloError | undefined;
  const cut = (reason: WfloError) => {
    refusal ??= reason;
    stream.cut(onCut === "truncate" ? truncated(meter, reason) : { error: reason });
    control.cut();
  };
  const unwatch = door.streams.add({
    mark: call.mark,
    budgetIds: call.budgetIds,
    runId: call.label.runId,
    startedAtMs: call.startedAtMs,
    cut,
  });
  const stream = pump(answer, {
    clock: door.clock,
    cancelWaits: door.settle === "await",
    onRead() {
      const exceeded = watch.read();
      if (exceeded) cut(exceeded);
    },
    onUnwanted: () => control.abandon(),
    async onEnd(end) {
      unwatch();
      control.done();
      signal?.removeEventListener("abort", abort);
      door.crashPoint("after-answer");
      const outcome = watch.bound(outcomeOfMeter(meter, end.complete), end, refusal);
      noteAnswer(door, seen, call, outcome);
      await closeCall(door, call, outcome);
    },
  });
  const abort = () => {
    control.abandon();
    stream.fail(signal?.reason);
  };
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return stream;
}

interface OutputWatch {
  /** Called for each chunk; tells when the answer has passed its hold. */
  read(): WfloError | undefined;
  /** Says of an outcome that broke off why, and how much output there may have been. */
  bound(outcome: Outcome, end: StreamEnd, refusal: WfloError | undefined): Outcome;
}

function watchOutput<Chunk>(door: DoorSettings, call: OpenCall, meter: StreamMeter<Chunk>): OutputWatch {
  const { mark, label, heldNanoUsd, request } = call;
  const isHeld = call.budgetIds.length > 0 && request.price === undefined && request.record !== true;
  const paidTokens = isHeld ? tokensPaidBy(heldNanoUsd, call.estimate.card, request.serviceTier) : undefined;
  let firstAtMs: number | undefined;
  return {
    read() {
      const output = meter.output?.();
      if (output === undefined || output.pieces === 0) return undefined;
      firstAtMs ??= door.clock.monotonic();
      if (paidTokens === undefined || mark.takenOver || outputTokensAtLeast(output) <= paidTokens)
        return undefined;
      return new HoldExceededError(label.provider, label.model, heldNanoUsd);
    },
    bound(outcome, { wasHeldUp }, refusal) {
      if (outcome.kind !== "cut") return outcome;
      const reason = refusal === undefined ? outcome.reason : `cut by wflo: ${refusal.code}`;
      const output = meter.output?.();
      const passedHold = refusal instanceof HoldExceededError;
      // Thoughts that are billed and not shown have no bound, nor has what a provider sent to a reader who held it up.
      const isBound = output !== undefined && request.reasoning === false && !wasHeldUp;
      if (output === undefined || !(isBound || passedHold)) return { ...outcome, reason };
      const elapsedMs = firstAtMs === undefined ? 0 : door.clock.monotonic() - firstAtMs;
      return { ...outcome, reason, passedHold, outputTokensAtMost: outputTokensAtMost(output, elapsedMs) };
    },
  };
}

function truncated<Chunk>(meter: StreamMeter<Chunk>, refusal: WfloError): CutEnd<Chunk> {
  const chunks = meter.truncate?.();
  return chunks === undefined ? { error: refusal } : { chunks };
}

function outcomeOfMeter<Chunk>(meter: StreamMeter<Chunk>, complete: boolean): Outcome {
  try {
    return meter.outcome(complete);
  } catch (error) {
    return { kind: "cut", reason: `the meter of the stream threw: ${String(error)}` };
  }
}
