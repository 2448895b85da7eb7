import type { StreamAnswer } from "./guard-request.ts";

/** Chunks read ahead of the consumer; a provider's stream of a thousand events is a long answer. */
const READ_AHEAD = 1_024;

interface PumpOptions {
  /** The consumer broke off. */
  readonly onUnwanted: () => void;
  /** The wire ended, `complete` or broken. The end of the consumer's stream waits for it. */
  readonly onEnd: (end: { readonly complete: boolean }) => Promise<void>;
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
  const chunks = new ReadableStream<Chunk>(
    {
      start: (controller) => void (consumer = controller),
      pull: goOn,
      cancel() {
        consumer = undefined;
        hurry();
        options.onUnwanted();
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
    let reader: ReadableStreamDefaultReader<Chunk> | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      reader = answer.chunks.getReader();
      for (;;) {
        if (!hurried && consumer !== undefined && (consumer.desiredSize ?? 1) <= 0) await pulled.promise;
        const { done, value } = await reader.read();
        if (done) break;
        give(answer.meter.read(value));
      }
      give(answer.meter.flush());
    } catch (error) {
      failure = { error };
      await reader?.cancel(error).catch(() => {});
    }
    await options.onEnd({ complete: failure === undefined });
    if (failure) return fail(failure.error);
    consumer?.close();
    consumer = undefined;
  };
  void read();
  return { chunks, hurry, fail };
}
