import type { PricedApi } from "./endpoint.ts";
import type { StreamEvent } from "./told-by-events.ts";
import { UnfinishedResponse } from "./unfinished-response.ts";

/** Writes the events with which a stream ends that wflo cuts: those of an answer that has come to its output cap. */
export class StreamEnding {
  readonly #response: UnfinishedResponse | undefined;
  #last: StreamEvent | undefined;
  /** Answers of a chat that have begun and not come to their end. */
  readonly #open = new Set<number>();

  constructor(api: PricedApi) {
    this.#response = api === "responses" ? new UnfinishedResponse() : undefined;
  }

  /** Notes an event that the caller gets. */
  note(event: StreamEvent | undefined): void {
    if (event === undefined) return;
    if (this.#response) return this.#response.note(event);
    if (event.choices === undefined) return;
    this.#last = event;
    for (const { index = 0, finish_reason: reason } of event.choices) {
      if (typeof reason === "string") this.#open.delete(index);
      else this.#open.add(index);
    }
  }

  events(): string {
    if (this.#response) return this.#response.incomplete();
    return `${this.#lastChunk()}data: [DONE]\n\n`;
  }

  #lastChunk(): string {
    if (this.#last === undefined || this.#open.size === 0) return "";
    const { usage: _, ...common } = this.#last;
    const choices = [...this.#open].map((index) => ({
      index,
      ...("text" in (this.#last?.choices?.[0] ?? {}) ? { text: "" } : { delta: {} }),
      logprobs: null,
      finish_reason: "length",
    }));
    return `data: ${JSON.stringify({ ...common, choices })}\n\n`;
  }
}
