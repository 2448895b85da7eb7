import type { Clock } from "../ports/clock.ts";
import type { StreamAnswer, StreamMeter } from "./guard-request.ts";
import { StreamConsumer } from "./stream-consumer.ts";

/** A consumer that takes nothing for so long no longer sets the pace, and is not waited for: it may never have wanted the stream. */
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
  /** Nothing is read any more once it aborts, whatever becomes of the source. */
  readonly wire: AbortSignal;
  /** A chunk was read; what was read of it is on its way to the consumer next. */
  readonly onRead: () => void;
  /** The consumer broke off. */
  readonly onUnwanted: () => void;
  /** All that costs has come in, or the wire broke. The end of the consumer's stream waits for it. Called once. */
  readonly onEnd: (end: StreamEnd) => Promise<void>;
  /** The wire has ended, and the consumer took all, left, was let go, or took nothing for a while. Called once. */
  readonly onOver: () => void;
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
  /** Whether the consumer has set the pace. */
  readonly wasHeldUp: () => boolean;
  /**
   * Ends the consumer's stream after what was read; what comes in until the wire ends is only counted. `readsOn`: that takes a while,
   * for which the consumer does not wait, unless its process may be frozen once it has its end.
   */
  readonly cut: (end: CutEnd<Chunk>, options: { readonly readsOn: boolean }) => void;
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
    wasHeldUp: () => pump.wasHeldUp,
    cut: (end, options) => pump.cut(end, options),
  };
}

class Pump<Chunk> {
  readonly #meter: StreamMeter<Chunk>;
  readonly #options: PumpOptions;
  readonly #consumer: StreamConsumer<Chunk>;
  readonly #wireEnd = Promise.withResolvers<void>();
  readonly #consumerEnd = Promise.withResolvers<void>();
  #reader: ReadableStreamDefaultReader<Chunk> | undefined;
  #pulled = Promise.withResolvers<void>();
  #pulledAtMs = 0;
  #isHurried = false;
  /** What the consumer had taken when it was found idle: until it takes more, it is not waited for. */
  #takenWhenIdle = -1;
  #wasHeldUp = false;
  #cutEnd: CutEnd<Chunk> | undefined;
  #ended: Promise<void> | undefined;

  constructor(meter: StreamMeter<Chunk>, options: PumpOptions) {
    this.#meter = meter;
    this.#options = options;
    this.#consumer = new StreamConsumer({
      onPull: () => this.#goOn(),
      onCancel: () => {
        this.hurry();
        // Nothing that costs is to come: there is no reason to read on.
        if (this.#ended) this.#stopReading();
        else options.onUnwanted();
        return options.cancelWaits ? this.#wireEnd.promise : undefined;
      },
      onGone: () => this.#consumerEnd.resolve(),
    });
    void Promise.all([this.#wireEnd.promise, this.#consumerEnd.promise]).then(() => options.onOver());
  }

  get wasHeldUp(): boolean {
    return this.#wasHeldUp;
  }

  open(): ReadableStream<Chunk> {
    return this.#consumer.open();
  }

  /** Reads to the end, whatever that is. Never rejects. */
  async read(chunks: ReadableStream<Chunk>): Promise<void> {
    const failure = await this.#readWire(chunks);
    await this.#end(failure === undefined);
    this.#wireEnd.resolve();
    this.#endConsumer(this.#cutEnd ?? failure);
    this.#forgetWhenIdle();
  }

  hurry(): void {
    this.#isHurried = true;
    this.#goOn();
  }

  fail(error: unknown): void {
    this.#consumer.fail(error);
    this.hurry();
    if (this.#ended) this.#stopReading();
  }

  cut(end: CutEnd<Chunk>, { readsOn }: { readonly readsOn: boolean }): void {
    if (this.#ended || this.#cutEnd) return;
    this.#cutEnd = end;
    this.hurry();
    if (readsOn && !this.#options.cancelWaits) this.#endConsumer(end);
  }

  /** After what it was given. Only the first end counts. */
  #endConsumer(end: CutEnd<Chunk> | undefined): void {
    if (end && "chunks" in end) this.#consumer.give(end.chunks);
    this.#consumer.end(end && "error" in end ? end : undefined);
  }

  async #readWire(chunks: ReadableStream<Chunk>): Promise<{ readonly error: unknown } | undefined> {
    const { wire } = this.#options;
    let failure: { readonly error: unknown } | undefined;
    const abort = () => {
      // Its end was there already: nothing is missing.
      if (!this.#ended) failure = { error: wire.reason };
      this.hurry();
      this.#stopReading();
    };
    try {
      this.#reader = chunks.getReader();
      wire.addEventListener("abort", abort, { once: true });
      if (wire.aborted) abort();
      await this.#readAll(this.#reader);
    } catch (error) {
      failure ??= { error };
      void this.#reader?.cancel(error).catch(() => {});
    }
    wire.removeEventListener("abort", abort);
    return failure;
  }

  async #readAll(reader: ReadableStreamDefaultReader<Chunk>): Promise<void> {
    for (;;) {
      if (this.#isHeldUp) await this.#waitForConsumer();
      const { done, value } = await reader.read();
      if (done) break;
      const given = this.#meter.read(value);
      if (this.#meter.isOver?.()) await this.#end(true);
      if (!this.#cutEnd) this.#consumer.give(given);
      // What is paid for is not cut any more.
      if (!this.#ended) this.#options.onRead();
    }
    if (!this.#cutEnd) this.#consumer.give(this.#meter.flush());
  }

  get #isHeldUp(): boolean {
    return !this.#isHurried && this.#consumer.isFull && this.#consumer.taken !== this.#takenWhenIdle;
  }

  async #waitForConsumer(): Promise<void> {
    this.#wasHeldUp = true;
    const { taken } = this.#consumer;
    const goOnAlone = () => {
      this.#takenWhenIdle = taken;
      this.#goOn();
    };
    // A reader that has left may be all that its process waited for: what it is charged is worth the wait.
    const cancel = this.#options.clock.schedule(goOnAlone, IDLE_MS, { keepAlive: true });
    await this.#pulled.promise;
    cancel();
  }

  #forgetWhenIdle(): void {
    const { clock } = this.#options;
    const look = () => {
      const idleMs = clock.monotonic() - this.#pulledAtMs;
      if (idleMs >= IDLE_MS) this.#consumerEnd.resolve();
      else cancel = clock.schedule(look, IDLE_MS - idleMs);
    };
    let cancel = clock.schedule(look, IDLE_MS);
    void this.#consumerEnd.promise.then(() => cancel());
  }

  #goOn(): void {
    this.#pulledAtMs = this.#options.clock.monotonic();
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
