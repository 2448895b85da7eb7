import { NativeAnswer, type Outcome, type StreamedOutput } from "@wflo/core";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { chargedInside } from "../calls/layers.ts";
import { itemIdsOf, outcomeOfAnswer } from "../usage.ts";

/** Ids of one answer, and tools that a provider ran in it, remembered at most. */
const MAX_KEPT = 256;

type Part<Type extends LanguageModelV4StreamPart["type"]> = Extract<
  LanguageModelV4StreamPart,
  { type: Type }
>;

/** What a stream has told of its answer so far, whose text is not kept. */
export class ToldByStream {
  /** The client that charges it. */
  readonly #wflo: object;
  readonly #native = new NativeAnswer();
  #response: { id?: string | undefined; modelId?: string | undefined } = {};
  #finish: Part<"finish"> | undefined;
  /** It has come to its end without one. */
  #failed = false;
  #bytes = 0;
  #pieces = 0;
  /** Made of something that is billed by more than its text. */
  #isMoreThanText = false;
  readonly #hosted: unknown[] = [];
  readonly #itemIds = new Set<string>();
  readonly #streamedInputs = new Set<string>();

  constructor(wflo: object) {
    this.#wflo = wflo;
  }

  /** Whether nothing that costs can follow. */
  get isOver(): boolean {
    return this.#finish !== undefined;
  }

  /** Undefined where the answer has something in it that is no text. */
  get output(): StreamedOutput | undefined {
    return this.#isMoreThanText ? undefined : { bytes: this.#bytes, pieces: this.#pieces };
  }

  note(part: LanguageModelV4StreamPart): void {
    for (const id of itemIdsOf(part)) if (this.#itemIds.size < MAX_KEPT) this.#itemIds.add(id);
    switch (part.type) {
      case "response-metadata":
        this.#response = {
          id: part.id ?? this.#response.id,
          modelId: part.modelId ?? this.#response.modelId,
        };
        break;
      case "text-delta":
      case "reasoning-delta":
        this.#noteText(part.delta);
        break;
      case "tool-input-start":
        this.#streamedInputs.add(part.id);
        this.#noteText(part.toolName);
        break;
      case "tool-input-delta":
        this.#noteText(part.delta);
        break;
      case "tool-call":
        this.#noteToolCall(part);
        break;
      case "file":
      case "reasoning-file":
      case "custom":
        this.#isMoreThanText = true;
        this.#pieces += 1;
        break;
      case "error":
        this.#failed = true;
        break;
      case "raw":
        this.#native.note(part.rawValue);
        break;
      case "finish":
        this.#finish = part;
        break;
      default:
        break;
    }
  }

  /** What it comes to: `complete` tells whether the stream came to its end. */
  outcome(complete: boolean): Outcome {
    const { usage, providerMetadata, finishReason } = this.#finish ?? {};
    const inside = chargedInside(providerMetadata, this.#wflo);
    if (inside !== undefined) return inside;
    const response = this.#response;
    const itemIds = [...this.#itemIds];
    const content = this.#hosted;
    const native = this.isOver ? this.#native.told() : undefined;
    const answered = outcomeOfAnswer({ usage, providerMetadata, content, response, itemIds, native });
    if (answered.usage !== undefined) return answered;
    const hasFailed = this.#failed || unified(finishReason) === "error";
    if (hasFailed && this.#pieces === 0) return { kind: "rejected", reason: "an error instead of an answer" };
    if (hasFailed || !complete) return { kind: "cut", reason: "the stream broke off before its end" };
    return answered;
  }

  #noteToolCall(part: Part<"tool-call">): void {
    if (part.providerExecuted === true && this.#hosted.length < MAX_KEPT)
      this.#hosted.push({ type: part.type, toolName: part.toolName, providerExecuted: true });
    // Its input came in pieces before it, where the provider streams it.
    if (!this.#streamedInputs.delete(part.toolCallId)) this.#noteText(`${part.toolName}${part.input}`);
  }

  #noteText(text: string): void {
    if (text === "") return;
    this.#pieces += 1;
    this.#bytes += new TextEncoder().encode(text).length;
  }
}

/** In the specification v2 it is a text. */
function unified(finishReason: Part<"finish">["finishReason"] | string | undefined): string | undefined {
  return typeof finishReason === "string" ? finishReason : finishReason?.unified;
}
