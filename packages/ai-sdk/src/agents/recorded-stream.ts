import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";

type Part = LanguageModelV4StreamPart;
type Finish = Extract<Part, { type: "finish" }>;

/** A stream that is kept while it passes, to be read again from what was saved of it. It is read to its end whoever reads it, or nobody. */
export class RecordedStream {
  readonly #parts: Part[] = [];
  readonly #whole = Promise.withResolvers<readonly Part[]>();
  readonly stream: ReadableStream<Part>;
  #hasFailed = false;
  #callsTools = false;
  #finish: Finish | undefined;

  /** `saved` resolves when `parts` have been saved. The end of the stream waits for it, but that of one with an error in it, which is not saved. */
  constructor(source: ReadableStream<Part>, saved: () => Promise<unknown>) {
    // A stream that is left or breaks off is not saved; its reader has heard of it.
    this.#whole.promise.catch(() => {});
    const reader = source.getReader();
    this.stream = new ReadableStream<Part>({
      start: (controller) => void this.#read(reader, controller, saved),
      cancel: (reason) => {
        this.#whole.reject(reason ?? new Error("The stream was left before its end."));
        return reader.cancel(reason);
      },
    });
  }

  async #read(
    reader: ReadableStreamDefaultReader<Part>,
    controller: ReadableStreamDefaultController<Part>,
    saved: () => Promise<unknown>,
  ): Promise<void> {
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        this.#keep(read.value);
        if (read.value.type === "finish") this.#finish = read.value;
        else controller.enqueue(read.value);
      }
      this.#whole.resolve(this.#parts);
      // Of an error its reader has heard.
      if (!this.#hasFailed) await saved();
      // With it, the SDK begins to run tools.
      if (this.#finish !== undefined) controller.enqueue(this.#lastPart(this.#finish));
      controller.close();
    } catch (error) {
      this.#whole.reject(error);
      controller.error(error);
    }
  }

  /** All of it, once it has come to its end. Rejects with what it ended by before. */
  get parts(): Promise<readonly Part[]> {
    return this.#whole.promise;
  }

  #keep(part: Part): void {
    if (part.type === "error") this.#fail(part.error);
    if (part.type === "raw") return;
    if (part.type === "tool-call" && part.providerExecuted !== true) this.#callsTools = true;
    const last = this.#parts.at(-1);
    if (
      isDelta(part) &&
      last?.type === part.type &&
      last.id === part.id &&
      part.providerMetadata === undefined
    )
      this.#parts[this.#parts.length - 1] = { ...last, delta: last.delta + part.delta };
    else this.#parts.push(part);
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#whole.reject(error);
  }

  /** What an answer asked for that is not saved is asked for again when the run is resumed: no tool may do it now. */
  #lastPart(finish: Finish): Finish {
    if (!this.#hasFailed || !this.#callsTools) return finish;
    return { ...finish, finishReason: { ...finish.finishReason, unified: "error" } };
  }
}

/** A stream of parts that are there. */
export function streamOf(parts: readonly Part[]): ReadableStream<Part> {
  return new ReadableStream<Part>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

function isDelta(
  part: Part,
): part is Extract<Part, { type: "text-delta" | "reasoning-delta" | "tool-input-delta" }> {
  return part.type === "text-delta" || part.type === "reasoning-delta" || part.type === "tool-input-delta";
}
