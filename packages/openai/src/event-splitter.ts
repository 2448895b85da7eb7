/** An event longer than this is passed on unread. Characters. */
const MAX_EVENT = 16 * 1024 * 1024;
/** What separates events: a line without anything, whatever ends the lines. */
const END_OF_EVENT = /\r?\n\r?\n|\r\r/g;
/** So many characters of it may have been there before the rest of it comes. */
const BEGUN_END = 3;

/** Cuts a stream of server-sent events into whole events, each with the empty line at its end. */
export class EventSplitter {
  /** Put together only when the event is whole: a long one comes in hundreds of pieces. */
  #pending: string[] = [];
  #length = 0;
  /** The last characters of what is pending. */
  #tail = "";

  /** True between two events. */
  get isBetween(): boolean {
    return this.#length === 0;
  }

  /** Takes a piece of the stream; returns the events that it completes. */
  take(text: string): string[] {
    const events: string[] = [];
    const before = this.#tail.length;
    const searched = this.#tail + text;
    let begin = 0;
    END_OF_EVENT.lastIndex = 0;
    while (END_OF_EVENT.exec(searched) !== null) {
      const end = END_OF_EVENT.lastIndex - before;
      events.push(this.rest() + text.slice(begin, end));
      begin = end;
    }
    this.#add(text.slice(begin));
    if (this.#length > MAX_EVENT) events.push(this.rest());
    return events;
  }

  /** What is left at the end of the stream: an event without the empty line, or nothing. */
  rest(): string {
    const rest = this.#pending.join("");
    this.#pending = [];
    this.#length = 0;
    this.#tail = "";
    return rest;
  }

  #add(text: string): void {
    if (text === "") return;
    this.#pending.push(text);
    this.#length += text.length;
    this.#tail = (this.#tail + text).slice(-BEGUN_END);
  }
}

/** The data of an event (of several lines, joined), and its name. */
export function fieldsOf(event: string): { readonly data: string; readonly name: string | undefined } {
  let data = "";
  let name: string | undefined;
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (line.startsWith("data:")) data += line.slice(5).trimStart();
    else if (line.startsWith("event:")) name = line.slice(6).trim();
  }
  return { data, name };
}
