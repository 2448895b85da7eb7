import { modelId, withoutDate } from "../pricing/rates/model-id.ts";
import { providerName } from "../pricing/rates/provider-name.ts";
import { isUsage } from "../pricing/usage/usage.ts";
import { randomKey, type Fingerprint } from "./fingerprint.ts";
import type { GuardRequest, Outcome } from "./guard-request.ts";
import type { ReadPart } from "./read-part.ts";
import type { ReadRequest } from "./read-request.ts";
import { RecentMap } from "./recent-map.ts";

/** Anchors, and answers, remembered at most. */
const CAPACITY = 4_000;
const MAX_ID = 512;
/** Of one answer; tools that are called in parallel and thoughts in between are tens. */
const MAX_ITEMS = 256;
/**
 * An answer that claims fewer tokens than one for so many bytes teaches nothing. The densest ordinary text has half of that (with
 * o200k_base: English and German 5 to 11 bytes a token, Hindi 12 to 15, Georgian 17); what goes beyond, such as pages of
 * spaces, is bounded by its bytes as before.
 */
const MAX_BYTES_PER_TOKEN = 32;

/** Snapshots of a model: `-2024-08-06`, `-20250219`, `@20250219`, `-0613`, `-001`. */
const SNAPSHOT = /^[-@]\d{3,}[-\d]*$/;

/** What a request is known to take, from an answer that had the beginning of it. */
export interface Anchor {
  /** How many of its parts the answer had. */
  readonly parts: number;
  readonly inputTokens: number;
}

/** What one answer had for output. */
export interface AnswerOutput {
  readonly outputTokens: number;
}

interface Remembered {
  readonly fingerprint: Fingerprint;
  readonly inputTokens: number;
}

/** What is kept of a request until its answer comes. */
interface Asked {
  readonly read: ReadRequest;
  /** The tokens of the beginning that was known before. */
  readonly leastTokens: number;
  /** The asked model, and the one that its price was found under. */
  readonly models: readonly string[];
}

/**
 * What answers told of requests: how many input tokens the parts of each had, and how many tokens a request takes on that
 * goes on from one. Kept in memory, as fingerprints under a key of this process.
 */
export class Anchors {
  #key: Fingerprint | undefined;
  readonly #byFingerprint = new RecentMap<number, Remembered>(CAPACITY);
  /** How long the anchors are: what has none of these lengths need not be hashed to know that it is none of them. */
  readonly #lengths = new RecentMap<number, true>(CAPACITY);
  readonly #answers = new RecentMap<string, number>(CAPACITY);
  /** By the ids of what is in an answer: the output of that answer, one object for all of them. */
  readonly #items = new RecentMap<string, AnswerOutput>(CAPACITY);
  readonly #asked = new WeakMap<GuardRequest, Asked>();

  /** The key of the fingerprints; made on first use, since some hosts have no randomness before a request. */
  get key(): Fingerprint {
    return (this.#key ??= randomKey());
  }

  /** How much is remembered: anchors, answers and what is in them. */
  get size(): number {
    return this.#byFingerprint.size + this.#answers.size + this.#items.size;
  }

  /** The longest beginning of a request that was answered before; undefined for none. */
  longest({ parts, fingerprints }: ReadRequest): Anchor | undefined {
    for (let at = fingerprints.known - 1; at >= 0; at--) {
      if (this.#lengths.get(lengthOf(parts, at)) === undefined) continue;
      const fingerprint = fingerprints.upTo(at);
      if (fingerprint === undefined) continue;
      const found = this.#byFingerprint.get(slotOf(fingerprint));
      if (found === undefined || !isSame(found.fingerprint, fingerprint)) continue;
      return { parts: at + 1, inputTokens: found.inputTokens };
    }
    return undefined;
  }

  /** The tokens of the answer that a request follows, with all that was before it; undefined if that model was not seen to give it. */
  followed(request: GuardRequest): number | undefined {
    if (request.follows === undefined) return undefined;
    return this.#answers.get(answerKey(request, request.follows));
  }

  /** The output of the answer that something with this id was in; undefined if that model was not seen to give it. */
  outputWith(request: GuardRequest, itemId: string): AnswerOutput | undefined {
    return this.#items.get(answerKey(request, itemId));
  }

  /** Keeps of a request what `note` needs. The object must stand for one call. */
  asked(
    request: GuardRequest,
    read: ReadRequest,
    known: { readonly anchor: Anchor | undefined; readonly pricedAs: string },
  ): void {
    this.#asked.set(request, {
      read,
      leastTokens: known.anchor?.inputTokens ?? 0,
      models: [request.model, known.pricedAs],
    });
  }

  /**
   * Learns from an answer, unless it cannot be believed or may not hold for the next one: no usage, fewer tokens than a text of that
   * size has, or another model than was asked for (a snapshot of it, or what its price is like, is the same), which may count otherwise.
   */
  note(request: GuardRequest, answer: Extract<Outcome, { kind: "answered" }>): void {
    const asked = this.#asked.get(request);
    const { usage, model } = answer;
    if (asked === undefined || !isUsage(usage)) return;
    if (usage.inputTokens * MAX_BYTES_PER_TOKEN < textBytes(asked.read)) return;
    if (model !== undefined && !asked.models.some((name) => isServedAs(request.provider, name, model)))
      return;
    // A whole has no fewer tokens than its beginning: where two answers contradict each other, the larger count stands.
    const inputTokens = Math.max(usage.inputTokens, asked.leastTokens);
    const last = asked.read.parts.length - 1;
    const fingerprint = asked.read.fingerprints.upTo(last);
    if (fingerprint !== undefined) {
      this.#byFingerprint.set(slotOf(fingerprint), { fingerprint, inputTokens });
      this.#lengths.set(lengthOf(asked.read.parts, last), true);
    }
    const { outputTokens } = usage;
    if (isId(answer.answerId))
      this.#answers.set(answerKey(request, answer.answerId), inputTokens + outputTokens);
    const output = { outputTokens };
    for (const id of answer.itemIds?.slice(0, MAX_ITEMS).filter(isId) ?? [])
      this.#items.set(answerKey(request, id), output);
  }
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID;
}

function textBytes({ toolBytes, parts }: ReadRequest): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, toolBytes);
}

/** Stands for how long a beginning is, and of how many parts; different ones may meet. */
function lengthOf(parts: readonly ReadPart[], at: number): number {
  return (Math.imul(parts[at]?.end ?? 0, 65_599) + at) | 0;
}

/** The 53 bits that an anchor is kept under; all 128 are compared. */
function slotOf([high, low]: Fingerprint): number {
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}

function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** Another model may count the same answer otherwise. */
function answerKey({ provider, model, host = "" }: GuardRequest, id: string): string {
  return `${provider}\n${model}\n${host}\n${id}`;
}

function isServedAs(rawProvider: string, asked: string, served: string): boolean {
  const provider = providerName(rawProvider);
  const wanted = withoutDate(modelId(provider, asked).replace(/-latest$/, ""));
  const got = modelId(provider, served);
  if (withoutDate(got) === wanted) return true;
  return got.startsWith(wanted) && SNAPSHOT.test(got.slice(wanted.length));
}
