/** An event longer than this is passed on unread. Characters. */
const MAX_EVENT = 16 * 1024 * 1024;
/** What separates events: a line without anything, whatever ends the lines. */
const END_OF_EVENT = /\r?\n\r?\n|\r\r/g;
const LONGEST_END = 4;

/** Cuts a stream of server-sent events into whole events, each with the empty line at its end. */
export class EventSplitter {
  #pending = "";

  /** True between two events. */
  get isBetween(): boolean {
    return this.#pending === "";
  }

  /** Takes a piece of the stream; returns the events that it completes. */
  take(text: string): string[] {
    const events: string[] = [];
    let searched = Math.max(0, this.#pending.length - LONGEST_END);
    let begin = 0;
    this.#pending += text;
    for (;;) {
      END_OF_EVENT.lastIndex = Math.max(begin, searched);
      if (END_OF_EVENT.exec(this.#pending) === null) break;
      events.push(this.#pending.slice(begin, END_OF_EVENT.lastIndex));
      begin = searched = END_OF_EVENT.lastIndex;
    }
    this.#pending = this.#pending.slice(begin);
    if (this.#pending.length > MAX_EVENT) events.push(this.rest());
    return events;
  }

  /** What is left at the end of the stream: an event without the empty line, or nothing. */
  rest(): string {
    const rest = this.#pending;
    this.#pending = "";
    return rest;
  }
}

/** The data of an event; of several lines, joined. */
export function dataOf(event: string): string {
  let data = "";
  for (const line of event.split(/\r\n|\n|\r/))
    if (line.startsWith("data:")) data += line.slice(5).trimStart();
  return data;
}
