import type { Clock } from "../ports/clock.ts";
import type { StreamAnswer } from "./guard-request.ts";

/** Chunks read ahead of the consumer; a provider's stream of a thousand events is a long answer. */
const READ_AHEAD = 1_024;
/** A consumer that takes nothing for so long no longer sets the pace: the call would hold its money for ever. */
const IDLE_MS = 30_000;

/** How the reading of a stream ended. */
export interface StreamEnd {
  /** It came to its end, rather than breaking off or being cut. */
  readonly complete: boolean;
  /** The consumer had set the pace, so that what the provider made may be far ahead of what was read. */
  readonly wasHeldUp: boolean;
}

interface PumpOptions {
  readonly clock: Clock;
  /** A chunk was read; what was read of it is on its way to the consumer next. */
  readonly onRead: () => void;
  /** The consumer broke off. */
  readonly onUnwanted: () => void;
  /** All that costs has come in, or the wire broke. The end of the consumer's stream waits for it. Called once. */
  readonly onEnd: (end: StreamEnd) => Promise<void>;
  /** True: a consumer that breaks off is let go when all has come in, since its process may be frozen then. */
  readonly cancelWaits: boolean;
}

/** How a consumer's stream ends that is cut: with an error, or with these last chunks. */
export type CutEnd<Chunk> = { readonly error: unknown } | { readonly chunks: readonly Chunk[] };

interface Pumped<Chunk> {
  readonly chunks: ReadableStream<Chunk>;
  /** Reads on without waiting for the consumer. */
  readonly hurry: () => void;
  /** Ends the consumer's stream with an error at once; the wire is not touched. */
  readonly fail: (error: unknown) => void;
  /** Stops reading, and ends the consumer's stream after what was read. */
  readonly cut: (end: CutEnd<Chunk>) => void;
}

/** Reads a metered stream by itself, hands it on, and tells once when the wire has ended. */
export function pump<Chunk, T>(answer: StreamAnswer<Chunk, T>, options: PumpOptions): Pumped<Chunk> {
  const consumer = new Consumer<Chunk>();
  let hurried = false;
  let wasHeldUp = false;
  let cutEnd: CutEnd<Chunk> | undefined;
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
    wasHeldUp = true;
    const cancel = options.clock.schedule(hurry, IDLE_MS);
    await pulled.promise;
    cancel();
  };
  let ended: Promise<void> | undefined;
  const end = (complete: boolean) => (ended ??= options.onEnd({ complete, wasHeldUp }));
  const over = Promise.withResolvers<void>();
  let reader: ReadableStreamDefaultReader<Chunk> | undefined;
  const chunks = consumer.open({
    onPull: goOn,
    onCancel() {
      hurry();
      // Nothing that costs is to come: there is no reason to read on.
      if (ended) void reader?.cancel().catch(() => {});
      else options.onUnwanted();
      return options.cancelWaits ? over.promise : undefined;
    },
  });
  const read = async () => {
    let failure: { readonly error: unknown } | undefined;
    try {
      reader = answer.chunks.getReader();
      for (;;) {
        if (!hurried && consumer.isFull) await waitForConsumer();
        const { done, value } = await reader.read();
        if (done || cutEnd) break;
        const given = answer.meter.read(value);
        if (answer.meter.isOver?.()) await end(true);
        consumer.give(given);
        options.onRead();
      }
      if (!cutEnd) consumer.give(answer.meter.flush());
    } catch (error) {
      failure = { error };
      await reader?.cancel(error).catch(() => {});
    }
    await end(failure === undefined && !cutEnd);
    over.resolve();
    if (!cutEnd) return consumer.end(failure);
    if ("chunks" in cutEnd) consumer.give(cutEnd.chunks);
    consumer.end("error" in cutEnd ? cutEnd : undefined);
  };
  // What is being read ends at once then, whatever becomes of the wire.
  const cut = (how: CutEnd<Chunk>) => {
    if (ended || cutEnd) return;
    cutEnd = how;
    hurry();
    void reader?.cancel().catch(() => {});
  };
  const fail = (error: unknown) => {
    consumer.fail(error);
    hurry();
  };
  void read();
  return { chunks, hurry, fail, cut };
}

/** The consumer's side of a stream: gets what is given, in order, until one of its ends. */
class Consumer<Chunk> {
  #controller: ReadableStreamDefaultController<Chunk> | undefined;
  /** An error that is told once what was read before it was taken. */
  #lastWord: { readonly error: unknown } | undefined;

  open(on: { readonly onPull: () => void; readonly onCancel: () => Promise<void> | undefined }) {
    return new ReadableStream<Chunk>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          this.#tellLastWord();
          on.onPull();
        },
        cancel: () => {
          this.#controller = undefined;
          return on.onCancel();
        },
      },
      { highWaterMark: READ_AHEAD },
    );
  }

  get isFull(): boolean {
    return this.#controller !== undefined && (this.#controller.desiredSize ?? 1) <= 0;
  }

  give(chunks: readonly Chunk[]): void {
    if (this.#lastWord === undefined) for (const chunk of chunks) this.#controller?.enqueue(chunk);
  }

  /** Ends the stream after what it was given: closes it, or tells a failure. Only the first end counts. */
  end(failure: { readonly error: unknown } | undefined): void {
    if (this.#controller === undefined || this.#lastWord !== undefined) return;
    if (failure === undefined) {
      this.#controller.close();
      this.#controller = undefined;
    } else {
      this.#lastWord = failure;
      this.#tellLastWord();
    }
  }

  /** Ends the stream with an error now. */
  fail(error: unknown): void {
    this.#controller?.error(error);
    this.#controller = undefined;
  }

  #tellLastWord(): void {
    const isAllTaken = this.#controller?.desiredSize === READ_AHEAD;
    if (this.#lastWord !== undefined && isAllTaken) this.fail(this.#lastWord.error);
  }
}
