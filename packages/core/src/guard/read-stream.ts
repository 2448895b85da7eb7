import type { WfloError } from "../errors/wflo-error.ts";
import { closeCall } from "./close-call.ts";
import type { DoorSettings } from "./door-settings.ts";
import { noteAnswer } from "./guard-call.ts";
import type { Outcome, StreamAnswer, StreamMeter } from "./guard-request.ts";
import type { OpenCall } from "./open-call.ts";
import { isOutcome } from "./outcome.ts";
import { OutputWatch } from "./output-watch.ts";
import { pump, type CutEnd } from "./pump.ts";
import type { SeenModels } from "./seen-models.ts";
import type { WireControl } from "./wire-control.ts";

interface OpenStream<Chunk, T> {
  readonly control: WireControl;
  readonly answer: StreamAnswer<Chunk, T>;
  /** Ends the consumer's stream; what becomes of the wire is for `control` to say. */
  readonly signal: AbortSignal | undefined;
}

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
  { control, answer, signal }: OpenStream<Chunk, T>,
): ReadStream<Chunk> {
  const { meter } = answer;
  const { onCut } = call.request;
  const watch = new OutputWatch(door, call, meter);
  let refusal: WfloError | undefined;
  // What had come by then was lost with the wire.
  const wasCutBefore = call.wire.signal.aborted;
  const cut = (reason: WfloError, catchUp: Promise<void> | undefined) => {
    refusal ??= reason;
    const end = onCut === "truncate" ? truncated(meter, reason) : { error: reason };
    stream.cut(end, { readsOn: catchUp !== undefined });
    control.cut(catchUp);
  };
  const stream = pump(answer, {
    clock: door.clock,
    wire: call.wire.signal,
    cancelWaits: door.settle === "await",
    onRead() {
      const exceeded = watch.read();
      if (exceeded) cut(exceeded, undefined);
    },
    onUnwanted: () => control.abandon(),
    async onEnd({ complete, wasHeldUp }) {
      unwatch();
      control.done();
      door.crashPoint("after-answer");
      const told = outcomeOfMeter(meter, complete);
      const isUnknown = wasHeldUp || wasCutBefore || told.isUnknown;
      const outcome = watch.bound(told.outcome, { isUnknown, refusal });
      noteAnswer(door, seen, call, outcome);
      await closeCall(door, call, outcome);
    },
    onOver() {
      signal?.removeEventListener("abort", abort);
      tellOver(door, answer);
    },
  });
  const caughtUp = () => watch.caughtUp(stream.wasHeldUp());
  control.beforeCut(caughtUp);
  const unwatch = door.streams.add({
    mark: call.mark,
    budgetIds: call.budgetIds,
    runId: call.label.runId,
    startedAtMs: call.startedAtMs,
    showsOutput: meter.output !== undefined,
    settled: call.settled.promise,
    cut: (reason) => cut(reason, caughtUp()),
  });
  const abort = () => {
    control.abandon();
    stream.fail(signal?.reason);
  };
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return stream;
}

function tellOver<Chunk, T>(door: DoorSettings, answer: StreamAnswer<Chunk, T>): void {
  try {
    answer.over?.();
  } catch (error) {
    door.log.error("wflo: over of a streamed answer threw.", { error });
  }
}

function truncated<Chunk>(meter: StreamMeter<Chunk>, refusal: WfloError): CutEnd<Chunk> {
  let chunks: readonly Chunk[] | undefined;
  try {
    chunks = meter.truncate?.();
  } catch {
    // It is cut all the same.
  }
  return chunks === undefined ? { error: refusal } : { chunks };
}

/** What a meter tells in the end; where that is nothing, its answer broke off, and its count is not to be relied on. */
function outcomeOfMeter<Chunk>(
  meter: StreamMeter<Chunk>,
  complete: boolean,
): { readonly outcome: Outcome; readonly isUnknown: boolean } {
  let reason = "the meter of the stream told no outcome";
  try {
    const outcome: unknown = meter.outcome(complete);
    if (isOutcome(outcome)) return { outcome, isUnknown: false };
  } catch (error) {
    reason = `the meter of the stream threw: ${error instanceof Error ? error.name : typeof error}`;
  }
  return { outcome: { kind: "cut", reason }, isUnknown: true };
}
