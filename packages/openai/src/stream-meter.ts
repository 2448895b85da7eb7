import type { Outcome, StreamMeter } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** An event longer than this is passed on unread. Characters. */
const MAX_EVENT = 16 * 1024 * 1024;
/** What separates events: a line without anything, whatever ends the lines. */
const END_OF_EVENT = /\r?\n\r?\n|\r\r/g;
const LONGEST_END = 4;
/** Chunks get this field, empty, only because wflo asked for usage. Quotes inside of texts are escaped, so it is a key. */
const EMPTY_USAGE = /,\s*"usage"\s*:\s*null(?=\s*[,}])|"usage"\s*:\s*null\s*,\s*/;
const WORTH_PARSING = /"usage"\s*:\s*\{|"error"|"response\.failed"/;
const END_OF_RESPONSE = /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/;
const FINISHED = /"finish_reason"\s*:\s*"/;

interface StreamMeterOptions {
  readonly api: PricedApi;
  /** Keep the usage from the caller, who did not ask for it. */
  readonly hideUsage: boolean;
}

/** Reads the usage out of a stream of server-sent events on its way to the caller. */
export function streamMeter({ api, hideUsage }: StreamMeterOptions): StreamMeter<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const told = new Told(api);
  let pending = "";

  /** Takes one event; returns what the caller gets of it. */
  const take = (event: string): string => {
    const data = dataOf(event);
    if (data === "") return event;
    const isUsageOnly = told.note(data);
    if (!hideUsage) return event;
    return isUsageOnly ? "" : event.replace(EMPTY_USAGE, "");
  };

  const readEvents = (text: string): string => {
    let searched = Math.max(0, pending.length - LONGEST_END);
    let begin = 0;
    let passed = "";
    pending += text;
    for (;;) {
      END_OF_EVENT.lastIndex = Math.max(begin, searched);
      if (END_OF_EVENT.exec(pending) === null) break;
      passed += take(pending.slice(begin, END_OF_EVENT.lastIndex));
      begin = searched = END_OF_EVENT.lastIndex;
    }
    pending = pending.slice(begin);
    if (pending.length > MAX_EVENT) {
      passed += pending;
      pending = "";
    }
    return passed;
  };

  const encoded = (text: string) => (hideUsage && text !== "" ? [encoder.encode(text)] : []);
  return {
    read(chunk) {
      const passed = readEvents(decoder.decode(chunk, { stream: true }));
      return hideUsage ? encoded(passed) : [chunk];
    },
    isOver: () => told.isOver,
    flush() {
      const rest = readEvents(decoder.decode());
      return encoded(rest + take(pending));
    },
    outcome: (complete) => told.outcome(complete),
  };
}

/** What the events of a stream have told so far. */
class Told {
  readonly #api: PricedApi;
  #answer: Outcome | undefined;
  /** False while the usage may still grow: some providers tell it with every chunk. */
  #isFinal = false;
  #failed: string | undefined;
  #hasContent = false;
  /** The model has come to its end, though its usage may follow. */
  #isFinished = false;
  #isOver = false;

  constructor(api: PricedApi) {
    this.#api = api;
  }

  /** Whether the last event was there: nothing that costs can follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Returns true for a chunk that has usage and nothing else. */
  note(data: string): boolean {
    this.#isFinished ||= FINISHED.test(data);
    this.#isOver ||= data === "[DONE]" || (this.#api === "responses" && END_OF_RESPONSE.test(data));
    if (data === "[DONE]") return false;
    const mayBeContent = this.#api === "chat" || data.includes('.delta"');
    const body = WORTH_PARSING.test(data) ? parse(data) : undefined;
    if (body === undefined) {
      this.#hasContent ||= mayBeContent;
      return false;
    }
    const isUsageOnly = body.usage != null && body.choices?.length === 0;
    const read = this.#api === "responses" ? body.response : body;
    if (read?.usage != null) {
      this.#answer = outcomeOfAnswer(this.#api, read);
      this.#isFinal = this.#api === "responses" || isUsageOnly;
    }
    if (body.error != null || body.type === "error" || body.type === "response.failed")
      this.#failed = "an error event";
    else this.#hasContent ||= mayBeContent && !isUsageOnly;
    return isUsageOnly;
  }

  outcome(complete: boolean): Outcome {
    if (this.#answer && (this.#isFinal || (complete && this.#failed === undefined))) return this.#answer;
    if (this.#failed !== undefined && !this.#hasContent) return { kind: "rejected", reason: this.#failed };
    if (this.#failed !== undefined) return { kind: "cut", reason: this.#failed };
    // Something in between may end a stream politely in the middle.
    if (!complete || !(this.#isOver || this.#isFinished))
      return { kind: "cut", reason: "the stream broke off" };
    return { kind: "answered", usage: undefined };
  }
}

/** The data of an event; of several lines, joined. */
function dataOf(event: string): string {
  let data = "";
  for (const line of event.split(/\r\n|\n|\r/))
    if (line.startsWith("data:")) data += line.slice(5).trimStart();
  return data;
}

interface StreamEvent {
  readonly type?: string;
  readonly error?: unknown;
  readonly usage?: unknown;
  readonly choices?: readonly unknown[];
  readonly response?: { readonly usage?: unknown };
}

function parse(data: string): StreamEvent | undefined {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    return undefined;
  }
}
