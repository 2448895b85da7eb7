import { type AnswerItem, countPieces, firstPieces, itemsOf } from "./answer-items.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { countRequestTokens } from "./tokens.ts";

/** What one answer uses. Cached, cache-written, image and audio tokens are part of the input, reasoning is part of the output. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly imageTokens: number;
  readonly audioTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Pictures made. */
  readonly images: number;
  /** Length of the audio that was sent. */
  readonly seconds: number;
  /** Characters of the text that was spoken. */
  readonly characters: number;
}

/** An answer as it will be given, already cut to the request's cap on output tokens. */
export interface Answer {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly model: string;
  readonly serviceTier: string;
  readonly finishReason: "stop" | "length" | "tool_calls" | "content_filter";
  readonly items: readonly AnswerItem[];
  readonly pieceCount: number;
  readonly usage: AnswerUsage;
  readonly omitUsage: boolean;
  readonly usageTwice: SimulatorReply["usageTwice"];
}

/** Output tokens of a picture where the reply names none. */
const TOKENS_PER_IMAGE = 272;
const AUDIO_BYTES_PER_SECOND = 16_000;

/** Works out the answer to a request from what the reply says. */
export function planAnswer(request: SimulatorRequest, reply: SimulatorReply, now: Date): Answer {
  const whole = itemsOf(request, reply);
  const wholePieces = countPieces(whole);
  const images = request.api === "images" ? Number(request.body["n"] ?? 1) : 0;
  const reasoning = reply.reasoningTokens ?? 0;
  const counted = images > 0 ? images * TOKENS_PER_IMAGE : reasoning + wholePieces;
  const wanted = request.api === "embeddings" ? 0 : Math.max(reasoning, reply.outputTokens ?? counted);
  const cap = reply.ignoreCap ? undefined : request.maxOutputTokens;
  const outputTokens = Math.min(wanted, cap ?? wanted);
  const reasoningTokens = Math.min(reasoning, outputTokens);
  const cut = outputTokens < wanted;
  const visible = wanted - reasoning;
  const kept =
    visible === 0 ? wholePieces : Math.floor((wholePieces * (outputTokens - reasoningTokens)) / visible);
  const items = cut ? firstPieces(whole, kept) : whole;
  return {
    id: `sim-${request.index}`,
    createdAtSeconds: Math.floor(now.getTime() / 1000),
    model: reply.model ?? request.model,
    serviceTier: reply.serviceTier ?? tierAskedFor(request),
    finishReason: reply.finishReason ?? (cut ? "length" : reply.toolCalls?.length ? "tool_calls" : "stop"),
    items,
    pieceCount: countPieces(items),
    usage: { ...inputOf(request, reply), outputTokens, reasoningTokens, images },
    omitUsage: reply.omitUsage ?? false,
    usageTwice: reply.usageTwice,
  };
}

/** The output tokens made once this many pieces are out; reasoning comes before the first. */
export function outputTokensAfter(answer: Answer, pieces: number): number {
  const { outputTokens, reasoningTokens } = answer.usage;
  if (pieces >= answer.pieceCount) return outputTokens;
  return reasoningTokens + Math.ceil(((outputTokens - reasoningTokens) * pieces) / answer.pieceCount);
}

/** The same answer with the usage that a provider tells when it counts twice: half of the output. */
export function halfCounted(answer: Answer): Answer {
  const { usage } = answer;
  const outputTokens = Math.floor(usage.outputTokens / 2);
  const reasoningTokens = Math.min(usage.reasoningTokens, outputTokens);
  return { ...answer, usage: { ...usage, outputTokens, reasoningTokens } };
}

function inputOf(
  request: SimulatorRequest,
  reply: SimulatorReply,
): Omit<AnswerUsage, "outputTokens" | "reasoningTokens" | "images"> {
  const { api, body } = request;
  const file = body["file"];
  const isHeard = api === "transcriptions" || api === "translations";
  const seconds = reply.seconds ?? (file instanceof File ? Math.ceil(file.size / AUDIO_BYTES_PER_SECOND) : 0);
  // About what OpenAI's transcribing models count for a second.
  const inputTokens = reply.inputTokens ?? countRequestTokens(request) + (isHeard ? seconds * 10 : 0);
  return {
    inputTokens,
    cachedTokens: reply.cachedTokens ?? 0,
    cacheWriteTokens: reply.cacheWriteTokens ?? 0,
    imageTokens: reply.imageTokens ?? 0,
    audioTokens: reply.audioTokens ?? (isHeard ? inputTokens : 0),
    seconds: isHeard ? seconds : 0,
    characters: api === "speech" && typeof body["input"] === "string" ? body["input"].length : 0,
  };
}

function tierAskedFor(request: SimulatorRequest): string {
  const tier = request.body["service_tier"];
  return typeof tier === "string" && tier !== "auto" ? tier : "default";
}
