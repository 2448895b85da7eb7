import type { AnswerItem } from "./answer-items.ts";
import { type Answer, halfCounted } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import type { SseEvent } from "./sse.ts";
import type { Wire, WireError } from "./wire.ts";

/** Writes answers as `/v1/responses` does. */
export function responsesWire(request: SimulatorRequest, answer: Answer): Wire {
  let sequence = 0;
  const event = (type: string, fields: object): SseEvent => ({
    event: type,
    data: { type, sequence_number: sequence++, ...fields },
  });
  const begun = responseEnvelope(request, answer, "in_progress", []);
  const ended = endOf(answer);
  const whole = {
    ...responseEnvelope(request, answer, ended.status, outputOf(answer, ended.status)),
    ...ended,
  };
  const shift = reasoningItems(answer).length;

  return {
    body: () => ({ ...whole, usage: responseUsage(answer) }),
    start: () => [
      event("response.created", { response: begun }),
      event("response.in_progress", { response: begun }),
      ...reasoningItems(answer).flatMap((item) => [
        event("response.output_item.added", { output_index: 0, item }),
        event("response.output_item.done", { output_index: 0, item }),
      ]),
    ],
    openItem: (item, position) => {
      const place = { output_index: position + shift };
      const added = event("response.output_item.added", {
        ...place,
        item: emptyItem(answer, item, position),
      });
      if (item.kind === "tool") return [added];
      const part = { ...place, ...textPlace(answer, position), part: textPart("") };
      return [added, event("response.content_part.added", part)];
    },
    piece: (item, position, delta) => {
      const place = { output_index: position + shift, delta };
      if (item.kind === "tool")
        return [
          event("response.function_call_arguments.delta", {
            ...place,
            item_id: itemId(answer, item, position),
          }),
        ];
      return [
        event("response.output_text.delta", { ...place, ...textPlace(answer, position), logprobs: [] }),
      ];
    },
    closeItem: (item, position) =>
      closing(answer, item, position, ended.status).map(([type, fields]) =>
        event(type, { output_index: position + shift, ...fields }),
      ),
    end: () => {
      const [first, last] = told(answer);
      const early =
        last === undefined ? [] : [event("response.in_progress", { response: { ...begun, usage: first } })];
      const response = { ...whole, usage: last ?? first ?? null };
      return [...early, event(`response.${ended.status}`, { response })];
    },
    failure: (error, wasBegun) => {
      const failed = { ...begun, status: "failed", error: { code: error.code, message: error.message } };
      const start = wasBegun
        ? []
        : [
            event("response.created", { response: begun }),
            event("response.in_progress", { response: begun }),
          ];
      return [...start, event("error", errorFields(error)), event("response.failed", { response: failed })];
    },
  };
}

/** The usages that the end of a stream tells, one after the other. */
function told(answer: Answer): readonly (object | null)[] {
  const usage = responseUsage(answer);
  if (answer.usageTwice === undefined) return [usage];
  const half = responseUsage(halfCounted(answer));
  return answer.usageTwice === "smaller first" ? [half, usage] : [usage, half];
}

type Status = "in_progress" | "completed" | "incomplete";

/** A response as it is before, and without, its end. */
export function responseEnvelope(
  request: SimulatorRequest,
  answer: Answer,
  status: Status | "queued" | "cancelled" | "failed",
  output: readonly object[],
): object {
  const { body } = request;
  return {
    id: `resp_${answer.id}`,
    object: "response",
    created_at: answer.createdAtSeconds,
    status,
    background: body["background"] ?? false,
    error: null,
    incomplete_details: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: request.maxOutputTokens ?? null,
    metadata: body["metadata"] ?? {},
    model: answer.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: body["previous_response_id"] ?? null,
    reasoning: body["reasoning"] ?? { effort: null, summary: null },
    service_tier: answer.serviceTier,
    store: body["store"] ?? true,
    temperature: 1,
    text: body["text"] ?? { format: { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: 1,
    truncation: "disabled",
    usage: null,
  };
}

function endOf(answer: Answer): { status: "completed" | "incomplete"; incomplete_details: object | null } {
  if (answer.finishReason === "length")
    return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  if (answer.finishReason === "content_filter")
    return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
  return { status: "completed", incomplete_details: null };
}

function outputOf(answer: Answer, status: Status): readonly object[] {
  return [
    ...reasoningItems(answer),
    ...answer.items.map((item, position) => wholeItem(answer, item, position, status)),
  ];
}

function reasoningItems(answer: Answer): readonly object[] {
  return answer.usage.reasoningTokens > 0 ? [{ id: `rs_${answer.id}`, type: "reasoning", summary: [] }] : [];
}

function itemId(answer: Answer, item: AnswerItem, position: number): string {
  return `${item.kind === "text" ? "msg" : "fc"}_${answer.id}_${position}`;
}

function textPlace(answer: Answer, position: number): { item_id: string; content_index: number } {
  return { item_id: `msg_${answer.id}_${position}`, content_index: 0 };
}

function textPart(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function emptyItem(answer: Answer, item: AnswerItem, position: number): object {
  const whole = wholeItem(answer, item, position, "in_progress");
  return item.kind === "text" ? { ...whole, content: [] } : { ...whole, arguments: "" };
}

function wholeItem(answer: Answer, item: AnswerItem, position: number, status: Status): object {
  const id = itemId(answer, item, position);
  const text = item.pieces.join("");
  if (item.kind === "text")
    return { id, type: "message", status, role: "assistant", content: [textPart(text)] };
  return { id, type: "function_call", status, call_id: item.callId, name: item.name, arguments: text };
}

function closing(
  answer: Answer,
  item: AnswerItem,
  position: number,
  status: Status,
): readonly (readonly [string, object])[] {
  const text = item.pieces.join("");
  const done = ["response.output_item.done", { item: wholeItem(answer, item, position, status) }] as const;
  if (item.kind === "tool") {
    const fields = { item_id: itemId(answer, item, position), name: item.name, arguments: text };
    return [["response.function_call_arguments.done", fields], done];
  }
  const place = textPlace(answer, position);
  return [
    ["response.output_text.done", { ...place, text, logprobs: [] }],
    ["response.content_part.done", { ...place, part: textPart(text) }],
    done,
  ];
}

function errorFields(error: WireError): object {
  return { error: { ...error, param: null } };
}

/** Usage in the words of responses; null when the answer is to have none. */
export function responseUsage({ usage, omitUsage }: Answer): object | null {
  if (omitUsage) return null;
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      // OpenAI's responses hear nothing; where compatible providers do, they tell it here.
      ...(usage.audioTokens > 0 ? { audio_tokens: usage.audioTokens } : {}),
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
