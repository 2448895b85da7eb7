import {
  isNothing,
  usageOfOpenAIChat,
  usageOfOpenAIResponse,
  usageOfOpenAITranscription,
  type Outcome,
  type Usage,
} from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { writtenIds } from "./kept-items.ts";

/** An outcome of an answer that came. */
export type Answered = Extract<Outcome, { kind: "answered" }>;

type AnswerBody = Readonly<Record<string, unknown>>;

/** Where one of these has something in it, something was made. */
const CONTENT = ["choices", "output", "data", "text"];
/** States of an answer that is still being made. */
const UNFINISHED = new Set(["queued", "in_progress"]);

/**
 * What an answer means for money: its usage, the model and the tier that served it. `expected` is the outcome where the answer
 * tells no usage.
 */
export function outcomeOfAnswer(api: PricedApi, body: unknown, expected?: Answered): Outcome {
  const answer = (typeof body === "object" && body !== null ? body : {}) as AnswerBody;
  const told = usageOf(api, answer);
  const usage = saysSomething(told);
  const answerId = textOf(answer["id"]);
  if (usage === undefined && api === "responses") {
    if (answer["status"] === "failed") return { kind: "rejected", reason: "the response failed" };
    if (UNFINISHED.has(String(answer["status"])))
      return { kind: "doubt", reason: "its usage comes later", remoteId: answerId };
  }
  // Some routers answer 200 with nothing but an error, or with an empty answer around it.
  const hasUsage = answer["usage"] != null && (told === undefined || usage !== undefined);
  const hasContent = hasUsage || CONTENT.some((field) => !isNone(answer[field]));
  if (answer["error"] != null && !hasContent) return { kind: "rejected", reason: "an error under HTTP 200" };
  if (usage === undefined && expected !== undefined) return expected;
  return {
    kind: "answered",
    usage,
    model: textOf(answer["model"]),
    serviceTier: textOf(answer["service_tier"]),
    ...(api === "responses" ? { answerId, itemIds: writtenIds(answer["output"]) } : {}),
  };
}

function usageOf(api: PricedApi, answer: AnswerBody): Usage | undefined {
  switch (api) {
    case "chat":
    case "completions":
    case "embeddings":
      return usageOfOpenAIChat(answer);
    case "responses":
    case "compaction":
      return usageOfOpenAIResponse(answer);
    case "images":
      // With a list of images, told by which they are known, also where an event has none.
      return usageOfOpenAIResponse({ ...answer, data: answer["data"] ?? [] });
    case "transcription":
    case "translation":
      return usageOfOpenAITranscription(answer);
    case "speech":
      return usageOfOpenAIResponse(answer);
  }
}

/** Nothing is answered for no tokens: a server that says so does not count. */
function saysSomething(usage: Usage | undefined): Usage | undefined {
  return usage === undefined || isNothing(usage) ? undefined : usage;
}

function isNone(value: unknown): boolean {
  return value == null || value === "" || (Array.isArray(value) && value.length === 0);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
