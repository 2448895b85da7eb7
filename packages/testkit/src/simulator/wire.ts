import type { AnswerItem } from "./answer.ts";
import type { SseEvent } from "./sse.ts";

/** An error as the provider words it. */
export interface WireError {
  readonly message: string;
  readonly type: string;
  readonly code: string;
}

/** How one API writes an answer: as one body, or as the events of a stream in the order of these functions. */
export interface Wire {
  body(): object;
  start(): readonly SseEvent[];
  openItem(item: AnswerItem, position: number): readonly SseEvent[];
  piece(item: AnswerItem, position: number, text: string): readonly SseEvent[];
  closeItem(item: AnswerItem, position: number): readonly SseEvent[];
  end(): readonly SseEvent[];
  /** What is sent under HTTP 200 when the answer fails; `begun` when `start` was sent. */
  failure(error: WireError, begun: boolean): readonly SseEvent[];
}
