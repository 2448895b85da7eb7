import type { Answer } from "./answer.ts";
import { chatUsage } from "./chat-completions.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import type { SseEvent } from "./sse.ts";
import { plainWire, type Wire } from "./wire.ts";

/** Writes answers as `/v1/completions` does, the endpoint from before there was chat. */
export function completionsWire(request: SimulatorRequest, answer: Answer): Wire {
  const options = request.body["stream_options"] as { include_usage?: boolean } | undefined;
  const tellsUsage = options?.include_usage === true && !answer.omitUsage;
  const common = {
    id: `cmpl-${answer.id}`,
    object: "text_completion",
    created: answer.createdAtSeconds,
    model: answer.model,
  };
  const finishReason = answer.finishReason === "tool_calls" ? "stop" : answer.finishReason;
  const choice = (text: string, finish: string | null) => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason: finish,
  });
  const event = (choices: readonly object[], usage: object | null): SseEvent => ({
    data: { ...common, choices, ...(tellsUsage ? { usage } : {}) },
  });
  const text = answer.items.map((item) => item.pieces.join("")).join("");
  return plainWire({
    body: () => ({
      ...common,
      choices: [choice(text, finishReason)],
      ...(answer.omitUsage ? {} : { usage: chatUsage(answer) }),
    }),
    piece: (_item, _position, piece) => [event([choice(piece, null)], null)],
    end: () => [
      event([choice("", finishReason)], null),
      ...(tellsUsage ? [event([], chatUsage(answer))] : []),
      { data: "[DONE]" },
    ],
    failure: (error) => [{ data: { error: { ...error, param: null } } }],
  });
}
