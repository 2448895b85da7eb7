import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import type { AnswerOutput, Anchors } from "./anchors.ts";
import type { GuardRequest } from "./guard-request.ts";
import { readRequest, type AllowedUses, type ReadRequest } from "./read-request.ts";

/** Tokens a provider may add that are not in the bytes of a request, such as roles and ends of messages, for this many parts… */
const REQUEST_OVERHEAD_TOKENS = 512;
const PARTS_IN_OVERHEAD = 32;
/**
 * …with what Anthropic says of tools to its models, at most 804 tokens (Claude Opus 4.7 with tool_choice "any"; 588 for Haiku 4.5. Its docs, "Tool
 * use with Claude", table "Tool use system prompt token count", a stored copy of 2026), of which an earlier answer would tell…
 */
const CLAUDE_OVERHEAD_TOKENS = 1_024;
const CLAUDE = /claude/;
/** …for each further part, and around each text that was counted. OpenAI's chat format adds 3 or 4 a message. */
const PART_OVERHEAD_TOKENS = 8;

/** What an input bound rests on: bytes, the usage of an earlier answer (and bytes), or a count of texts where that was lower. */
export type InputMethod = "bytes" | "anchor" | "tokens";

/** An upper bound on the input tokens of a request. */
export interface InputBound {
  readonly tokens: number;
  readonly method: InputMethod;
}

/** Counts the tokens of a text; undefined where it has no answer. */
export type CountText = (text: string) => number | undefined;

/** Where a bound begins: tokens that are known, and what of the request they stand for. */
interface Start {
  readonly tokens: number;
  /** Parts from here on are not in `tokens`. */
  readonly part: number;
  /** Whether the answer that the request follows is in `tokens`. */
  readonly hasFollowed: boolean;
}

const NOTHING: Start = { tokens: 0, part: 0, hasFollowed: false };

/** The input of a request, read once. */
export class RequestInput {
  readonly #request: GuardRequest;
  readonly #card: RateCard;
  readonly #read: ReadRequest;
  readonly #start: Start;
  readonly #anchors: Anchors;
  /**
   * By what an earlier answer told of its beginning and the bytes of the rest (a token is at least one byte), or by bytes alone
   * where that is less. What bytes do not bound is bounded by the context window.
   */
  readonly bound: InputBound;

  /** Throws `UnboundedRequestError` for what nothing bounds. */
  constructor(request: GuardRequest, card: RateCard, anchors: Anchors) {
    this.#request = request;
    this.#card = card;
    this.#anchors = anchors;
    this.#read = readRequest(request, anchors.key);
    const anchor = anchors.longest(this.#read);
    anchors.asked(request, this.#read, { anchor, pricedAs: card.model });

    const known = startOf(anchor, anchors.followed(request));
    const learned = known && this.#from(known);
    const isLess = learned !== undefined && learned < this.#least();
    const bytes = isLess ? undefined : this.#from(NOTHING);
    // Where a beginning alone had more tokens than the whole has bytes, somebody adds to it: what was learned stands.
    const isMore =
      known !== undefined && bytes !== undefined && known.tokens > bytes && this.#isReadable(known);
    if (known !== undefined && learned !== undefined && (isMore || bytes === undefined || learned < bytes)) {
      this.#start = known;
      this.bound = { tokens: learned, method: "anchor" };
    } else {
      this.#start = NOTHING;
      this.bound = { tokens: bytes ?? this.#unbounded(), method: "bytes" };
    }
  }

  /** The bound with the texts counted that no answer told of, where that is lower. */
  counted(countText: CountText): InputBound {
    const tokens = this.#from(this.#start, (text, bytes) => {
      const count = text === "" ? undefined : countText(text);
      return count === undefined ? bytes : Math.min(bytes, count + PART_OVERHEAD_TOKENS);
    });
    return tokens !== undefined && tokens < this.bound.tokens ? { tokens, method: "tokens" } : this.bound;
  }

  /** The bound from a start on; undefined where nothing bounds the rest. */
  #from(start: Start, sizeOf = (_text: string, bytes: number) => bytes): number | undefined {
    const { tools, toolBytes, parts } = this.#read;
    const further = Math.max(0, parts.length - start.part - PARTS_IN_OVERHEAD);
    let tokens = start.tokens + this.#overhead(start) + PART_OVERHEAD_TOKENS * further;
    if (start.part === 0) tokens += sizeOf(tools, toolBytes);
    let isOpen = this.#request.follows !== undefined && !start.hasFollowed;
    const outputs = new Set<AnswerOutput>();
    for (const part of parts.slice(start.part)) {
      const output =
        part.itemId === undefined ? undefined : this.#anchors.outputWith(this.#request, part.itemId);
      if (output) outputs.add(output);
      else if (part.isOpaque) isOpen = true;
      else tokens += sizeOf(part.text, part.bytes);
    }
    for (const { outputTokens } of outputs) tokens += outputTokens;
    if (!isOpen && this.uses === 0) return tokens;
    const { contextWindow } = this.#card;
    if (contextWindow === undefined) return undefined;
    // A request cannot bring in more than the model can read, nor can what it reads after each piece of the provider's work.
    return Math.max(tokens, contextWindow + REQUEST_OVERHEAD_TOKENS) + contextWindow * this.uses;
  }

  /** No more than the bound by bytes is, which takes counting. */
  #least(): number {
    const { tools, parts } = this.#read;
    return parts.reduce((sum, { least }) => sum + least, tools.length);
  }

  #overhead(start: Start): number {
    const isToldOfTools = start.part > 0;
    return CLAUDE.test(this.#card.model) && !isToldOfTools ? CLAUDE_OVERHEAD_TOKENS : REQUEST_OVERHEAD_TOKENS;
  }

  /** How many pieces of work of the provider's own the request allows, all kinds together. */
  get uses(): number {
    return this.#read.uses.reduce((sum, { atMost }) => sum + atMost, 0);
  }

  /** What each kind of that work may be billed by. */
  get allowed(): readonly AllowedUses[] {
    return this.#read.uses;
  }

  #isReadable({ tokens }: Start): boolean {
    return this.#card.contextWindow !== undefined && tokens <= this.#card.contextWindow;
  }

  #unbounded(): never {
    const part = this.#read.parts.find(({ isOpaque }) => isOpaque);
    const [use] = this.#read.uses;
    const what = part?.text ?? use?.what ?? "an answer to go on from that this process has not seen";
    throw new UnboundedRequestError(
      `it has ${what}, and the context window of ${this.#card.id} is not known`,
    );
  }
}

function startOf(
  anchor: { readonly parts: number; readonly inputTokens: number } | undefined,
  followed: number | undefined,
): Start | undefined {
  // The usage of an answer has in it what that answer followed.
  if (anchor) return { tokens: anchor.inputTokens, part: anchor.parts, hasFollowed: true };
  return followed === undefined ? undefined : { tokens: followed, part: 0, hasFollowed: true };
}
