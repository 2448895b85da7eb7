import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";

type Part = LanguageModelV4StreamPart;

/** A stream that is kept while it is read, to be read again from what was saved of it. */
export class RecordedStream {
  readonly #parts: Part[] = [];
  readonly #whole = Promise.withResolvers<readonly Part[]>();
  readonly stream: ReadableStream<Part>;

  /** `saved` resolves when `parts` have been saved: until then the stream does not end. */
  constructor(source: ReadableStream<Part>, saved: () => Promise<unknown>) {
    // A stream that is left or breaks off is not saved; its reader has heard of it.
    this.#whole.promise.catch(() => {});
    const reader = source.getReader();
    this.stream = new ReadableStream<Part>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (!done) {
              this.#keep(value);
              return controller.enqueue(value);
            }
            this.#whole.resolve(this.#parts);
            await saved();
            controller.close();
          } catch (error) {
            this.#whole.reject(error);
            throw error;
          }
        },
        cancel: (reason) => {
          this.#whole.reject(reason ?? new Error("The stream was left before its end."));
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
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
