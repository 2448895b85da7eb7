import type { Outcome, StreamedOutput } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { textIn } from "./streamed-text.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** Longer events are not text, such as images: they are parsed only where they have something to tell. Characters. */
const LONG_EVENT = 64 * 1024;
const WORTH_PARSING = /"usage"\s*:\s*\{|"error"|"response\.failed"/;
/** The last event of streams that do not end with [DONE]. */
const LAST_EVENT =
  /^(?:response\.(?:completed|incomplete|failed)|image_(?:generation|edit)\.completed|(?:transcript\.text|speech\.audio)\.done)$/;

/** One event of a stream. */
export interface StreamEvent {
  readonly type?: string;
  readonly id?: unknown;
  readonly error?: unknown;
  readonly usage?: unknown;
  readonly choices?: readonly StreamChoice[];
  readonly delta?: unknown;
  readonly item?: unknown;
  readonly response?: Readonly<Record<string, unknown>>;
}

/** One of the answers that a chunk of a chat goes on with. */
interface StreamChoice {
  readonly index?: number;
  readonly delta?: unknown;
  readonly text?: unknown;
  readonly finish_reason?: unknown;
}

/** What the events of a stream have told so far. */
export class ToldByEvents {
  readonly #api: PricedApi;
  #answer: Extract<Outcome, { kind: "answered" }> | undefined;
  /** False while the usage may still grow: some providers tell it with every chunk. */
  #isFinal = false;
  #failed: string | undefined;
  #hasContent = false;
  /** The model has come to its end, though its usage may follow. */
  #isFinished = false;
  #isOver = false;
  #output: StreamedOutput | undefined = { bytes: 0, pieces: 0 };
  #answerId: string | undefined;

  constructor(api: PricedApi) {
    this.#api = api;
  }

  /** Whether the last event was there: nothing that costs can follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The text that has come in; undefined where more is billed than text. */
  get output(): StreamedOutput | undefined {
    return this.#output;
  }

  get answerId(): string | undefined {
    return this.#answerId;
  }

  /** Notes the data of an event; tells whether it is a chunk that has usage and nothing else. */
  note(data: string): { readonly isUsageOnly: boolean; readonly body: StreamEvent | undefined } {
    if (data === "[DONE]") {
      this.#isOver = true;
      return { isUsageOnly: false, body: undefined };
    }
    const isShort = data.length < LONG_EVENT;
    const body = isShort || WORTH_PARSING.test(data) ? parse(data) : undefined;
    if (body === undefined) {
      // It cannot be read, so it may be anything.
      this.#hasContent = true;
      this.#output = undefined;
      return { isUsageOnly: false, body };
    }
    const isUsageOnly = body.usage != null && body.choices?.length === 0;
    this.#isFinished ||=
      body.choices?.some(({ finish_reason: reason }) => typeof reason === "string") ?? false;
    this.#isOver ||= LAST_EVENT.test(body.type ?? "");
    this.#noteOutput(body);
    this.#noteId(body);
    this.#noteUsage(body, isUsageOnly);
    if (body.error != null || body.type === "error" || body.type === "response.failed")
      this.#failed = "an error event";
    else this.#hasContent ||= isContent(body) && !isUsageOnly;
    return { isUsageOnly, body };
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

  #noteUsage(body: StreamEvent, isUsageOnly: boolean): void {
    const told = this.#api === "responses" ? body.response : body;
    if (told?.["usage"] == null) return;
    const outcome = outcomeOfAnswer(this.#api, told);
    if (outcome.kind !== "answered") return;
    this.#isFinal ||= this.#isOver || isUsageOnly;
    // Of usage that is told twice the larger counts.
    if (size(outcome) >= size(this.#answer)) this.#answer = outcome;
  }

  #noteOutput(body: StreamEvent): void {
    const text = textIn(body);
    if (text === undefined) this.#output = undefined;
    if (text === undefined || this.#output === undefined || text.bytes === 0) return;
    const { bytes, pieces } = this.#output;
    this.#output = { bytes: bytes + text.bytes, pieces: pieces + text.pieces };
  }

  #noteId(body: StreamEvent): void {
    const id = this.#api === "responses" ? body.response?.["id"] : body.id;
    if (typeof id === "string") this.#answerId ??= id;
  }
}

function isContent({ choices, type }: StreamEvent): boolean {
  return (
    choices !== undefined || type === undefined || type.endsWith(".delta") || type.includes("partial_image")
  );
}

function size(answer: Extract<Outcome, { kind: "answered" }> | undefined): number {
  if (answer === undefined) return -1;
  return answer.usage === undefined ? 0 : answer.usage.inputTokens + answer.usage.outputTokens;
}

function parse(data: string): StreamEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
