import type { PricedApi } from "./endpoint.ts";
import type { StreamEvent } from "./told-by-events.ts";
import { UnfinishedResponse } from "./unfinished-response.ts";

/** Writes the events with which a stream ends that wflo cuts: those of an answer that has come to its output cap. */
export class StreamEnding {
  readonly #response: UnfinishedResponse | undefined;
  #last: StreamEvent | undefined;
  /** Answers of a chat that have begun and not come to their end. */
  readonly #open = new Set<number>();
  #isLost = false;

  constructor(api: PricedApi) {
    this.#response = api === "responses" ? new UnfinishedResponse() : undefined;
  }

  /** Notes an event that the caller gets. */
  note(event: StreamEvent | undefined): void {
    if (event === undefined || this.#isLost) return;
    // What cannot be followed, such as what is nested too deep to be copied, cannot be ended.
    this.#isLost = !isDone(() => this.#follow(event));
  }

  /** The last events; undefined where there is no answer yet that could be ended, or it could not be followed. */
  events(): string | undefined {
    let events: string | undefined;
    const isWritten = !this.#isLost && isDone(() => void (events = this.#write()));
    return isWritten ? events : undefined;
  }

  #follow(event: StreamEvent): void {
    if (this.#response) return this.#response.note(event);
    if (event.choices == null) return;
    this.#last = event;
    for (const { index = 0, finish_reason: reason } of event.choices) {
      if (typeof reason === "string") this.#open.delete(index);
      else this.#open.add(index);
    }
  }

  #write(): string | undefined {
    if (this.#response) return this.#response.incomplete();
    if (this.#last === undefined) return undefined;
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

function isDone(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
