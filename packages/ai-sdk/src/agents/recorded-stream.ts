import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";

type Part = LanguageModelV4StreamPart;

/** A stream that is kept while it passes, to be read again from what was saved of it. It is read to its end whoever reads it, or nobody. */
export class RecordedStream {
  readonly #parts: Part[] = [];
  readonly #whole = Promise.withResolvers<readonly Part[]>();
  readonly stream: ReadableStream<Part>;

  /** `saved` resolves when `parts` have been saved: until then the stream does not end. */
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
        controller.enqueue(read.value);
      }
      this.#whole.resolve(this.#parts);
      await saved();
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
    if (part.type === "error") this.#whole.reject(part.error);
    if (part.type === "raw") return;
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
