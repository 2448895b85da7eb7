import type { SimulatorReply } from "./simulator-reply.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { splitTokens } from "./tokens.ts";

/** One part of an answer: a text, or the call of a tool. `pieces` are the chunks it is streamed in. */
export type AnswerItem =
  | { readonly kind: "text"; readonly pieces: readonly string[] }
  | {
      readonly kind: "tool";
      readonly name: string;
      readonly callId: string;
      readonly pieces: readonly string[];
    };

/** A picture of one pixel, for want of a painter: a PNG in base64. */
export const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The parts of an answer, whole. */
export function itemsOf(request: SimulatorRequest, reply: SimulatorReply): readonly AnswerItem[] {
  if (request.api === "images") return [{ kind: "text", pieces: partialImages(request) }];
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

/** The beginnings of parts that so many pieces are enough for. */
export function firstPieces(items: readonly AnswerItem[], count: number): readonly AnswerItem[] {
  let left = count;
  const kept = items.map((item) => {
    const pieces = item.pieces.slice(0, left);
    left -= pieces.length;
    return { ...item, pieces };
  });
  return kept.filter((item) => item.pieces.length > 0);
}

/** In how many pieces the parts are streamed. */
export function countPieces(items: readonly AnswerItem[]): number {
  return items.reduce((sum, item) => sum + item.pieces.length, 0);
}

/** The pictures on the way to the last one, which the end of the answer has. */
function partialImages({ body, stream }: SimulatorRequest): readonly string[] {
  const asked = stream ? Number(body["partial_images"] ?? 0) : 0;
  return Array.from({ length: asked }, () => PIXEL);
}
