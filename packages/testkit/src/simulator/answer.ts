import type { SimulatorReply } from "./simulator-reply.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { countRequestTokens, splitTokens } from "./tokens.ts";

/** One part of an answer: a text, or the call of a tool. `pieces` are the chunks it is streamed in. */
export type AnswerItem =
  | { readonly kind: "text"; readonly pieces: readonly string[] }
  | {
      readonly kind: "tool";
      readonly name: string;
      readonly callId: string;
      readonly pieces: readonly string[];
    };

/** Tokens of one answer. Cached and cache-written ones are part of the input, reasoning is part of the output. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
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
}

/** Works out the answer to a request from what the reply says. */
export function planAnswer(request: SimulatorRequest, reply: SimulatorReply, now: Date): Answer {
  const whole = itemsOf(request, reply);
  const wholePieces = countPieces(whole);
  const reasoning = reply.reasoningTokens ?? 0;
  const wanted = Math.max(reasoning, reply.outputTokens ?? reasoning + wholePieces);
  const outputTokens = Math.min(wanted, request.maxOutputTokens ?? wanted);
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
    usage: {
      inputTokens: reply.inputTokens ?? countRequestTokens(request),
      cachedTokens: reply.cachedTokens ?? 0,
      cacheWriteTokens: reply.cacheWriteTokens ?? 0,
      outputTokens,
      reasoningTokens,
    },
    omitUsage: reply.omitUsage ?? false,
  };
}

/** The output tokens made once this many pieces are out; reasoning comes before the first. */
export function outputTokensAfter(answer: Answer, pieces: number): number {
  const { outputTokens, reasoningTokens } = answer.usage;
  if (pieces >= answer.pieceCount) return outputTokens;
  return reasoningTokens + Math.ceil(((outputTokens - reasoningTokens) * pieces) / answer.pieceCount);
}

function itemsOf(request: SimulatorRequest, reply: SimulatorReply): readonly AnswerItem[] {
  const calls = (reply.toolCalls ?? []).map((call, position): AnswerItem => ({
    kind: "tool",
    name: call.name,
    callId: `call_sim_${request.index}_${position}`,
    pieces: splitTokens(typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments)),
  }));
  if (reply.text !== undefined) return [{ kind: "text", pieces: splitTokens(reply.text) }, ...calls];
  if (calls.length > 0) return calls;
  const words = Math.max(0, (reply.outputTokens ?? 0) - (reply.reasoningTokens ?? 0));
  return [{ kind: "text", pieces: Array.from({ length: words }, () => " word") }];
}

function firstPieces(items: readonly AnswerItem[], count: number): readonly AnswerItem[] {
  let left = count;
  const kept = items.map((item) => {
    const pieces = item.pieces.slice(0, left);
    left -= pieces.length;
    return { ...item, pieces };
  });
  return kept.filter((item) => item.pieces.length > 0);
}

function countPieces(items: readonly AnswerItem[]): number {
  return items.reduce((sum, item) => sum + item.pieces.length, 0);
}

function tierAskedFor(request: SimulatorRequest): string {
  const tier = request.body["service_tier"];
  return typeof tier === "string" && tier !== "auto" ? tier : "default";
}
