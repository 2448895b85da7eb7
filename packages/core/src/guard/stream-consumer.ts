/** Chunks read ahead of the consumer; a provider's stream of a thousand events is a long answer. */
const READ_AHEAD = 1_024;

/** The consumer's side of a stream: gets what is given, in order, until one of its ends. */
export class StreamConsumer<Chunk> {
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
