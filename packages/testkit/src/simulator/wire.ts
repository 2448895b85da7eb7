import type { AnswerItem } from "./answer-items.ts";
import type { SseEvent } from "./sse.ts";

/** An error as the provider words it. */
export interface WireError {
  readonly message: string;
  readonly type: string;
  readonly code: string;
}

/** What an answer in one piece is: an object is sent as JSON, a text as plain text, bytes as audio. */
export type WireBody = object | string | Uint8Array;

/** How one API writes an answer: as one body, or as the events of a stream in the order of these functions. */
export interface Wire {
  body(): WireBody;
  start(): readonly SseEvent[];
  openItem(item: AnswerItem, position: number): readonly SseEvent[];
  piece(item: AnswerItem, position: number, text: string): readonly SseEvent[];
  closeItem(item: AnswerItem, position: number): readonly SseEvent[];
  end(): readonly SseEvent[];
  /** What is sent under HTTP 200 when the answer fails; `begun` when `start` was sent. */
  failure(error: WireError, begun: boolean): readonly SseEvent[];
}

/** A wire with one kind of event a piece, and none around items. */
export function plainWire(wire: Pick<Wire, "body"> & Partial<Wire>): Wire {
  const nothing = () => [];
  return {
    start: nothing,
    openItem: nothing,
    piece: nothing,
    closeItem: nothing,
    end: nothing,
    failure: (error) => [{ event: "error", data: { type: "error", error: { ...error, param: null } } }],
    ...wire,
  };
}
