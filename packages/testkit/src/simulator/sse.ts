import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** One server-sent event. `data` is written as JSON unless it is a string. */
export interface SseEvent {
  readonly event?: string;
  readonly data: object | string;
}

/** Writes events, and waits for the client to read where its buffer is full. */
export async function writeEvents(
  response: ServerResponse,
  events: readonly SseEvent[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (events.length === 0) return;
  if (!response.write(events.map(frame).join(""))) await once(response, "drain", { signal });
}

function frame({ event, data }: SseEvent): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`;
}
