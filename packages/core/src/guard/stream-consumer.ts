/** Chunks read ahead of the consumer; a provider's stream of a thousand events is a long answer. */
const READ_AHEAD = 1_024;

interface ConsumerEvents {
  readonly onPull: () => void;
  readonly onCancel: () => Promise<void> | undefined;
  /** It has taken all up to the end, has left or was let go. Called once. */
  readonly onGone: () => void;
}

/** The consumer's side of a stream: gets what is given, in order, until one of its ends. */
export class StreamConsumer<Chunk> {
  readonly #on: ConsumerEvents;
  #controller: ReadableStreamDefaultController<Chunk> | undefined;
  #given = 0;
  /** How it ends once what was read before is taken. */
  #lastWord: { readonly error: unknown } | "closed" | undefined;

  constructor(on: ConsumerEvents) {
    this.#on = on;
  }

  open(): ReadableStream<Chunk> {
    return new ReadableStream<Chunk>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          this.#tellLastWord();
          this.#on.onPull();
        },
        cancel: () => {
          this.#leave();
          return this.#on.onCancel();
        },
      },
      { highWaterMark: READ_AHEAD },
    );
  }

  get isFull(): boolean {
    return this.#controller !== undefined && (this.#controller.desiredSize ?? 1) <= 0;
  }

  /** How many chunks it has taken. */
  get taken(): number {
    return this.#given - READ_AHEAD + (this.#controller?.desiredSize ?? READ_AHEAD);
  }

  give(chunks: readonly Chunk[]): void {
    if (this.#lastWord !== undefined || this.#controller === undefined) return;
    for (const chunk of chunks) this.#controller.enqueue(chunk);
    this.#given += chunks.length;
  }

  /** Ends the stream after what it was given: closes it, or tells a failure. Only the first end counts. */
  end(failure: { readonly error: unknown } | undefined): void {
    this.#lastWord ??= failure ?? "closed";
    this.#tellLastWord();
  }

  /** Ends the stream with an error now. */
  fail(error: unknown): void {
    this.#controller?.error(error);
    this.#leave();
  }

  /** Not before all is taken, though a stream could be closed earlier: who has taken all cannot abort any more. */
  #tellLastWord(): void {
    const isAllTaken = this.#controller?.desiredSize === READ_AHEAD;
    if (this.#lastWord === undefined || !isAllTaken) return;
    if (this.#lastWord !== "closed") return this.fail(this.#lastWord.error);
    this.#controller?.close();
    this.#leave();
  }

  #leave(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.#on.onGone();
  }
}
