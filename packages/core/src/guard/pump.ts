import type { Clock } from "../ports/clock.ts";
import type { StreamAnswer } from "./guard-request.ts";

/** Chunks read ahead of the consumer; a provider's stream of a thousand events is a long answer. */
const READ_AHEAD = 1_024;
/** A consumer that takes nothing for so long no longer sets the pace: the call would hold its money for ever. */
const IDLE_MS = 30_000;

interface PumpOptions {
  readonly clock: Clock;
  /** The consumer broke off. */
  readonly onUnwanted: () => void;
  /** All that costs has come in, or the wire broke. The end of the consumer's stream waits for it. Called once. */
  readonly onEnd: (end: { readonly complete: boolean }) => Promise<void>;
  /** True: a consumer that breaks off is let go when all has come in, since its process may be frozen then. */
  readonly cancelWaits: boolean;
}

interface Pumped<Chunk> {
  readonly chunks: ReadableStream<Chunk>;
  /** Reads on without waiting for the consumer. */
  readonly hurry: () => void;
  /** Ends the consumer's stream with an error; the wire is not touched. */
  readonly fail: (error: unknown) => void;
}

/** Reads a metered stream by itself, hands it on, and tells once when the wire has ended. */
export function pump<Chunk, T>(answer: StreamAnswer<Chunk, T>, options: PumpOptions): Pumped<Chunk> {
  let consumer: ReadableStreamDefaultController<Chunk> | undefined;
  let hurried = false;
  let pulled = Promise.withResolvers<void>();
  const goOn = () => {
    pulled.resolve();
    pulled = Promise.withResolvers();
  };
  const hurry = () => {
    hurried = true;
    goOn();
  };
  const waitForConsumer = async () => {
    const cancel = options.clock.schedule(hurry, IDLE_MS);
    await pulled.promise;
    cancel();
  };
  let ended: Promise<void> | undefined;
  const end = (complete: boolean) => (ended ??= options.onEnd({ complete }));
  const over = Promise.withResolvers<void>();
  let reader: ReadableStreamDefaultReader<Chunk> | undefined;
  const chunks = new ReadableStream<Chunk>(
    {
      start: (controller) => void (consumer = controller),
      pull: goOn,
      cancel() {
        consumer = undefined;
        hurry();
        // Nothing that costs is to come: there is no reason to read on.
        if (ended) void reader?.cancel().catch(() => {});
        else options.onUnwanted();
        return options.cancelWaits ? over.promise : undefined;
      },
    },
    { highWaterMark: READ_AHEAD },
  );
  const give = (given: readonly Chunk[]) => {
    for (const chunk of given) consumer?.enqueue(chunk);
  };
  const fail = (error: unknown) => {
    consumer?.error(error);
    consumer = undefined;
    hurry();
  };
  const read = async () => {
    let failure: { readonly error: unknown } | undefined;
    try {
      reader = answer.chunks.getReader();
      for (;;) {
        if (!hurried && consumer !== undefined && (consumer.desiredSize ?? 1) <= 0) await waitForConsumer();
        const { done, value } = await reader.read();
        if (done) break;
        const given = answer.meter.read(value);
        if (answer.meter.isOver?.()) await end(true);
        give(given);
      }
      give(answer.meter.flush());
    } catch (error) {
      failure = { error };
      await reader?.cancel(error).catch(() => {});
    }
    await end(failure === undefined);
    over.resolve();
    if (failure) return fail(failure.error);
    consumer?.close();
    consumer = undefined;
  };
  void read();
  return { chunks, hurry, fail };
}
