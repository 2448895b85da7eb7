import type { Clock } from "../ports/clock.ts";
import type { StreamAnswer, StreamMeter } from "./guard-request.ts";
import { StreamConsumer } from "./stream-consumer.ts";

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
  const pump = new Pump(answer.meter, options);
  const chunks = pump.open();
  void pump.read(answer.chunks);
  return {
    chunks,
    hurry: () => pump.hurry(),
    fail: (error) => pump.fail(error),
    cut: (end) => pump.cut(end),
  };
}

class Pump<Chunk> {
  readonly #meter: StreamMeter<Chunk>;
  readonly #options: PumpOptions;
  readonly #consumer = new StreamConsumer<Chunk>();
  readonly #over = Promise.withResolvers<void>();
  #reader: ReadableStreamDefaultReader<Chunk> | undefined;
  #pulled = Promise.withResolvers<void>();
  #isHurried = false;
  #wasHeldUp = false;
  #cutEnd: CutEnd<Chunk> | undefined;
  #ended: Promise<void> | undefined;

  constructor(meter: StreamMeter<Chunk>, options: PumpOptions) {
    this.#meter = meter;
    this.#options = options;
  }

  open(): ReadableStream<Chunk> {
    return this.#consumer.open({
      onPull: () => this.#goOn(),
      onCancel: () => {
        this.hurry();
        // Nothing that costs is to come: there is no reason to read on.
        if (this.#ended) this.#stopReading();
        else this.#options.onUnwanted();
        return this.#options.cancelWaits ? this.#over.promise : undefined;
      },
    });
  }

  /** Reads to the end, whatever that is. Never rejects. */
  async read(chunks: ReadableStream<Chunk>): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#readAll((this.#reader = chunks.getReader()));
    } catch (error) {
      failure = { error };
      await this.#reader?.cancel(error).catch(() => {});
    }
    await this.#end(failure === undefined && !this.#cutEnd);
    this.#over.resolve();
    if (!this.#cutEnd) return this.#consumer.end(failure);
    if ("chunks" in this.#cutEnd) this.#consumer.give(this.#cutEnd.chunks);
    this.#consumer.end("error" in this.#cutEnd ? this.#cutEnd : undefined);
  }

  hurry(): void {
    this.#isHurried = true;
    this.#goOn();
  }

  fail(error: unknown): void {
    this.#consumer.fail(error);
    this.hurry();
  }

  /** What is being read ends at once then, whatever becomes of the wire. */
  cut(end: CutEnd<Chunk>): void {
    if (this.#ended || this.#cutEnd) return;
    this.#cutEnd = end;
    this.hurry();
    this.#stopReading();
  }

  async #readAll(reader: ReadableStreamDefaultReader<Chunk>): Promise<void> {
    for (;;) {
      if (!this.#isHurried && this.#consumer.isFull) await this.#waitForConsumer();
      const { done, value } = await reader.read();
      if (done || this.#cutEnd) break;
      const given = this.#meter.read(value);
      if (this.#meter.isOver?.()) await this.#end(true);
      this.#consumer.give(given);
      this.#options.onRead();
    }
    if (!this.#cutEnd) this.#consumer.give(this.#meter.flush());
  }

  async #waitForConsumer(): Promise<void> {
    this.#wasHeldUp = true;
    const cancel = this.#options.clock.schedule(() => this.hurry(), IDLE_MS);
    await this.#pulled.promise;
    cancel();
  }

  #goOn(): void {
    this.#pulled.resolve();
    this.#pulled = Promise.withResolvers();
  }

  #stopReading(): void {
    void this.#reader?.cancel().catch(() => {});
  }

  #end(complete: boolean): Promise<void> {
    return (this.#ended ??= this.#options.onEnd({ complete, wasHeldUp: this.#wasHeldUp }));
  }
}
