import type { AnswerItem } from "./answer-items.ts";
import { type Answer, halfCounted } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import type { SseEvent } from "./sse.ts";
import type { Wire } from "./wire.ts";

/** Writes answers as `/v1/chat/completions` does. */
export function chatWire(request: SimulatorRequest, answer: Answer): Wire {
  const options = request.body["stream_options"] as { include_usage?: boolean } | undefined;
  const tellsUsage = options?.include_usage === true && !answer.omitUsage;
  const common = {
    id: `chatcmpl-${answer.id}`,
    created: answer.createdAtSeconds,
    model: answer.model,
    service_tier: answer.serviceTier,
    system_fingerprint: "fp_simulator",
  };
  const event = (choices: readonly object[], usage: object | null): SseEvent => ({
    data: { ...common, object: "chat.completion.chunk", choices, ...(tellsUsage ? { usage } : {}) },
  });
  const chunk = (delta: object, finishReason: string | null = null): SseEvent =>
    event([{ index: 0, delta, logprobs: null, finish_reason: finishReason }], null);

  return {
    body: () => ({
      ...common,
      object: "chat.completion",
      choices: [{ index: 0, message: messageOf(answer), logprobs: null, finish_reason: answer.finishReason }],
      ...(answer.omitUsage ? {} : { usage: chatUsage(answer) }),
    }),
    start: () => [chunk({ role: "assistant", content: "", refusal: null })],
    openItem: (item) => (item.kind === "text" ? [] : [chunk({ tool_calls: [toolCallDelta(answer, item)] })]),
    piece: (item, _position, text) => [
      chunk(item.kind === "text" ? { content: text } : argumentsDelta(answer, item, text)),
    ],
    closeItem: () => [],
    end: () => [
      chunk({}, answer.finishReason),
      ...(tellsUsage ? told(answer).map((usage) => event([], usage)) : []),
      { data: "[DONE]" },
    ],
    failure: (error) => [{ data: { error: { ...error, param: null } } }],
  };
}

/** The usages that the end of a stream tells, one after the other. */
function told(answer: Answer): readonly object[] {
  const usage = chatUsage(answer);
  if (answer.usageTwice === undefined) return [usage];
  const half = chatUsage(halfCounted(answer));
  return answer.usageTwice === "smaller first" ? [half, usage] : [usage, half];
}

type ToolItem = Extract<AnswerItem, { kind: "tool" }>;

function toolItems(answer: Answer): readonly ToolItem[] {
  return answer.items.filter((item) => item.kind === "tool");
}

function toolCallDelta(answer: Answer, item: ToolItem): object {
  return {
    index: toolItems(answer).indexOf(item),
    id: item.callId,
    type: "function",
    function: { name: item.name, arguments: "" },
  };
}

function argumentsDelta(answer: Answer, item: ToolItem, text: string): object {
  return { tool_calls: [{ index: toolItems(answer).indexOf(item), function: { arguments: text } }] };
}

function messageOf(answer: Answer): object {
  const texts = answer.items.filter((item) => item.kind === "text");
  const calls = toolItems(answer).map((item) => ({
    id: item.callId,
    type: "function",
    function: { name: item.name, arguments: item.pieces.join("") },
  }));
  const content =
    texts.length === 0 && calls.length > 0 ? null : texts.map((item) => item.pieces.join("")).join("");
  return {
    role: "assistant",
    content,
    refusal: null,
    annotations: [],
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** Usage in the words of chat, which completions share. */
export function chatUsage({ usage }: Answer): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: usage.audioTokens,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
