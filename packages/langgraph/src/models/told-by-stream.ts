import type { Outcome, StreamedOutput } from "@wflo/core";
import type { AIMessageChunk, UsageMetadata } from "@langchain/core/messages";
import type { ChatGenerationChunk } from "@langchain/core/outputs";
import { WatchedAnswer } from "./watched-answer.ts";
import { answered, writtenIds, type About } from "../usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Words by which a provider says that its answer is over. */
const ENDINGS = ["finish_reason", "finishReason", "stop_reason", "stopReason"];
/** States of an answer of responses that is over. */
const OVER = new Set(["completed", "incomplete", "failed", "cancelled"]);
/** Ids of one answer remembered at most. */
const MAX_IDS = 64;

/** The bytes of everything that a piece of an answer shows, calls of tools included, whose text LangChain's listeners are not told. */
export function bytesOfChunk(chunk: unknown): number {
  const message = isFields(chunk) ? chunk["message"] : undefined;
  if (!isFields(message)) return 0;
  const told = new ToldByStream(new WatchedAnswer());
  told.noteChunk(chunk as unknown as ChatGenerationChunk);
  return told.output.bytes;
}

/** What a stream has told of its answer so far, whose text is not kept. */
export class ToldByStream {
  readonly native: WatchedAnswer;
  #counted: Partial<UsageMetadata> | undefined;
  #first: Partial<UsageMetadata> | undefined;
  #last: Partial<UsageMetadata> | undefined;
  #about: About = {};
  #failure: unknown;
  /** Of which of its answers the end has come. */
  readonly #ended = new Set<unknown>();
  readonly #outputs: number;
  /** How often usage had been told before the piece that ended it. */
  #toldAtEnd = Infinity;
  #toldBefore = 0;
  #counts = 0;
  #bytes = 0;
  #pieces = 0;
  readonly #ids = new Set<string>();

  /** `outputs`: how many answers were asked for. */
  constructor(native: WatchedAnswer, outputs = 1) {
    this.native = native;
    this.#outputs = outputs;
  }

  /** Whether nothing that costs can follow: its end and its usage have come. */
  get isOver(): boolean {
    // Some tell what has come to so far with every piece: what counts is told at the end.
    if (this.#told <= this.#toldAtEnd) return false;
    return this.#counted !== undefined || this.native.outcome() !== undefined;
  }

  get output(): StreamedOutput {
    return { bytes: this.#bytes, pieces: this.#pieces };
  }

  /** A piece of an answer, of which LangChain makes a message by adding the pieces up. */
  noteChunk({ message, generationInfo }: ChatGenerationChunk): void {
    const chunk = message as AIMessageChunk;
    const kept = (chunk.additional_kwargs ?? {}) as Fields;
    this.#noteText(textOfContent(chunk.content));
    for (const { args, name } of chunk.tool_call_chunks ?? []) this.#noteText(`${name ?? ""}${args ?? ""}`);
    if (typeof kept["reasoning_content"] === "string") this.#noteText(kept["reasoning_content"]);
    for (const id of writtenIds(chunk)) if (this.#ids.size < MAX_IDS) this.#ids.add(id);
    this.#noteUsage(chunk.usage_metadata);
    const { model, stop_reason: stopReason } = kept;
    const said = {
      ...(model == null ? {} : { model }),
      ...(stopReason == null ? {} : { stop_reason: stopReason }),
    };
    this.#noteAbout(
      { ...said, ...generationInfo, ...chunk.response_metadata },
      generationInfo?.["completion"],
    );
    this.#toldBefore = this.#told;
  }

  /** An event of LangChain's protocol of content blocks, whose usage is what has come to so far. */
  noteEvent(event: unknown): void {
    const { event: kind, delta, usage, responseMetadata, reason, id } = (event ?? {}) as Fields;
    if (kind === "content-block-delta") this.#noteText(textOfContent(delta));
    if (typeof id === "string" && this.#ids.size < MAX_IDS) this.#ids.add(id);
    if (isFields(usage)) this.#counted = this.#last = this.#first = usage;
    if (isFields(responseMetadata)) this.#noteAbout(responseMetadata);
    if (kind === "message-finish" && reason !== undefined) this.#toldAtEnd = -1;
  }

  /** The stream broke with an error. */
  failed(error: unknown): void {
    this.#failure = error;
  }

  /** What it comes to: `complete` tells whether the stream came to its end. */
  outcome(complete: boolean): Outcome {
    if (!complete && !this.isOver) {
      return this.#pieces === 0 && isProvidersWord(this.#failure)
        ? { kind: "rejected", reason: "an error instead of an answer" }
        : { kind: "cut", reason: "the stream broke off before its end" };
    }
    return { ...(this.native.outcome() ?? answered(this.#sum(), this.#about)), itemIds: [...this.#ids] };
  }

  /** Anthropic's later pieces tell the output as a whole; LangChain adds it to that of the first. */
  #sum(): Partial<UsageMetadata> | undefined {
    if (this.#about["model_provider"] !== "anthropic" || this.#first === this.#last) return this.#counted;
    const input = this.#first?.input_tokens ?? 0;
    const output = this.#last?.output_tokens ?? 0;
    return { ...this.#first, output_tokens: output, total_tokens: input + output };
  }

  #noteUsage(usage: UsageMetadata | undefined): void {
    if (usage === undefined) return;
    this.#counts += 1;
    this.#first ??= usage;
    this.#last = usage;
    this.#counted = this.#counted === undefined ? usage : added(this.#counted, usage);
  }

  get #told(): number {
    return this.#counts + this.native.counts;
  }

  #noteAbout(about: About, answer: unknown = 0): void {
    this.#about = { ...this.#about, ...about };
    if (!ENDINGS.some((name) => about[name] != null) && !OVER.has(String(about["status"]))) return;
    this.#ended.add(answer);
    if (this.#ended.size >= this.#outputs) this.#toldAtEnd = Math.min(this.#toldAtEnd, this.#toldBefore);
  }

  #noteText(text: string): void {
    if (text === "") return;
    this.#pieces += 1;
    this.#bytes += new TextEncoder().encode(text).length;
  }
}

function added(a: Partial<UsageMetadata>, b: UsageMetadata): Partial<UsageMetadata> {
  return {
    input_tokens: (a.input_tokens ?? 0) + b.input_tokens,
    output_tokens: (a.output_tokens ?? 0) + b.output_tokens,
    total_tokens: (a.total_tokens ?? 0) + b.total_tokens,
    input_token_details: addedDetails(a.input_token_details, b.input_token_details),
    output_token_details: addedDetails(a.output_token_details, b.output_token_details),
  };
}

function addedDetails(a: object | undefined, b: object | undefined): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, count] of [...Object.entries(a ?? {}), ...Object.entries(b ?? {})] as [
    string,
    unknown,
  ][]) {
    if (typeof count !== "number") continue;
    // Google's pieces each tell all that was read from a cache.
    sum[name] = name === "cache_read" ? Math.max(sum[name] ?? 0, count) : (sum[name] ?? 0) + count;
  }
  return sum;
}

/** An event of the stream by which the provider itself says that it failed, as its SDKs throw it. */
function isProvidersWord(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  const { error, status } = failure as { error?: unknown; status?: unknown };
  return isFields(error) && status === undefined && failure.cause === undefined;
}

/** All the text that is in a piece of content, in whatever block. */
function textOfContent(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(textOfContent).join("");
  if (!isFields(content)) return "";
  const { text, thinking, reasoning, args, input, partial_json: json, data } = content;
  return [text, thinking, reasoning, args, input, json, data]
    .filter((part) => typeof part === "string")
    .join("");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
