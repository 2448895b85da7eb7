import { chatUsageIn, type Outcome, type StreamedOutput, type Usage } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { textOf } from "./native-request.ts";
import { textIn } from "./streamed-text.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** Longer events are not text, such as images: they are parsed only where they have something to tell. Characters. */
const LONG_EVENT = 64 * 1024;
const WORTH_PARSING = /"usage"\s*:\s*\{|"error"|"response\.failed"/;
/** The last event of streams that do not end with [DONE]. */
const LAST_EVENT =
  /^(?:response\.(?:completed|incomplete|failed)|image_(?:generation|edit)\.completed|(?:transcript\.text|speech\.audio)\.done)$/;
const DONE = "[DONE]";
const ERRORS = new Set(["error", "response.failed"]);

/** One event of a stream. */
export interface StreamEvent {
  readonly type?: string;
  readonly id?: unknown;
  readonly model?: unknown;
  readonly service_tier?: unknown;
  readonly error?: unknown;
  readonly usage?: unknown;
  readonly choices?: readonly StreamChoice[] | null;
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
  /** More came after the usage was told. */
  #isStale = false;
  #failed: string | undefined;
  #hasContent = false;
  /** The model has come to its end, though its usage may follow. */
  #isFinished = false;
  #isOver = false;
  /** [DONE] was there, after which nobody reads. */
  #isDone = false;
  #output: StreamedOutput | undefined = { bytes: 0, pieces: 0 };
  #answerId: string | undefined;
  /** Who serves, which the event with the usage may leave out. */
  #model: string | undefined;
  #serviceTier: string | undefined;

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

  /** Notes the data of an event, and its name; tells whether it is a chunk that has usage and nothing else. */
  note(
    data: string,
    name?: string,
  ): { readonly isUsageOnly: boolean; readonly body: StreamEvent | undefined } {
    if (data.startsWith(DONE)) {
      this.#isOver = true;
      this.#isDone = true;
      return { isUsageOnly: false, body: undefined };
    }
    const isShort = data.length < LONG_EVENT;
    const body = isShort || WORTH_PARSING.test(data) ? parse(data) : undefined;
    const isError = name === "error";
    if (isError) this.#failed = "an error event";
    try {
      if (body !== undefined) return { isUsageOnly: this.#read(body, isError), body };
    } catch {
      // It has the fields of an answer, and not their form.
    }
    // It cannot be read, so it may be anything.
    if (!isError) this.#noteOutput(undefined);
    this.#hasContent ||= !isError;
    return { isUsageOnly: false, body: undefined };
  }

  outcome(complete: boolean): Outcome {
    const isWhole = complete && this.#failed === undefined && (this.#isOver || this.#isFinished);
    if (this.#answer && !this.#isStale && (this.#isFinal || isWhole)) return this.#answer;
    if (this.#failed !== undefined && !this.#hasContent) return { kind: "rejected", reason: this.#failed };
    if (this.#failed !== undefined) return { kind: "cut", reason: this.#failed };
    // Something in between may end a stream politely in the middle, also of what comes when the model has finished.
    if (!complete || !this.#isOver) return { kind: "cut", reason: "the stream broke off" };
    return { kind: "answered", usage: undefined };
  }

  #read(body: StreamEvent, isError: boolean): boolean {
    const { choices, type = "", usage, error } = body;
    // Some servers leave `choices` out of it.
    const isUsageOnly = usage != null && error == null && type === "" && (choices ?? []).length === 0;
    this.#isFinished ||= choices?.some(({ finish_reason: reason }) => typeof reason === "string") ?? false;
    this.#isOver ||= LAST_EVENT.test(type);
    const text = textIn(body);
    this.#noteOutput(text);
    if (isError || error != null || ERRORS.has(type)) this.#failed = "an error event";
    else this.#hasContent ||= isContent(body, text);
    this.#noteNames(body);
    this.#noteUsage(body, isUsageOnly);
    return isUsageOnly;
  }

  #noteUsage(body: StreamEvent, isUsageOnly: boolean): void {
    const told = this.#answerIn(body);
    if (told === undefined || chatUsageIn(told) === undefined) return;
    const names = { model: this.#model, service_tier: this.#serviceTier };
    const outcome = outcomeOfAnswer(this.#api, { ...told, ...names });
    if (outcome.kind !== "answered") return;
    this.#isFinal ||= this.#isOver || isUsageOnly;
    this.#isStale = false;
    // Of usage that is told twice the larger counts.
    if (!isLess(outcome.usage, this.#answer?.usage)) this.#answer = outcome;
  }

  /** Text that came in; undefined for what is billed and not shown as text. */
  #noteOutput(text: StreamedOutput | undefined): void {
    if (text?.bytes === 0 || this.#isDone) return;
    // Usage that was told before it is no bill of it.
    this.#isStale = true;
    this.#isFinal = false;
    if (text === undefined || this.#output === undefined) return void (this.#output = undefined);
    const { bytes, pieces } = this.#output;
    this.#output = { bytes: bytes + text.bytes, pieces: pieces + text.pieces };
  }

  #noteNames(body: StreamEvent): void {
    const { id, model, service_tier: serviceTier } = this.#answerIn(body) ?? {};
    if (typeof id === "string") this.#answerId ??= id;
    this.#model = textOf(model) ?? this.#model;
    this.#serviceTier = textOf(serviceTier) ?? this.#serviceTier;
  }

  /** What of an event has the fields of an answer. */
  #answerIn(body: StreamEvent): Pick<StreamEvent, "id" | "model" | "service_tier"> | undefined {
    return this.#api === "responses" ? body.response : body;
  }
}

/** A chunk that only names the role of who is about to write has none. */
function isContent({ choices, type }: StreamEvent, text: StreamedOutput | undefined): boolean {
  if (choices != null) return text === undefined || text.bytes > 0;
  return type === undefined || type.endsWith(".delta") || type.includes("partial_image");
}

/** By output first: it is the dearer. */
function isLess(usage: Usage | undefined, than: Usage | undefined): boolean {
  if (usage === undefined || than === undefined) return than !== undefined;
  const more = usage.outputTokens - than.outputTokens;
  return more === 0 ? usage.inputTokens < than.inputTokens : more < 0;
}

function parse(data: string): StreamEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
