import { usageOfOpenAIChat, usageOfOpenAIResponse, type Outcome } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";

interface AnswerBody {
  readonly model?: unknown;
  readonly service_tier?: unknown;
  readonly status?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
  readonly choices?: unknown;
  readonly output?: unknown;
}

/** What an answer means for money: its usage, the model and the tier that served it. */
export function outcomeOfAnswer(api: PricedApi, body: unknown): Outcome {
  const answer = (typeof body === "object" && body !== null ? body : {}) as AnswerBody;
  const usage = api === "responses" ? usageOfOpenAIResponse(answer) : usageOfOpenAIChat(answer);
  if (usage === undefined && answer.status === "failed")
    return { kind: "rejected", reason: "the response failed" };
  // Some routers answer 200 with nothing but an error.
  const hasContent = answer.choices != null || answer.output != null || answer.usage != null;
  if (answer.error != null && !hasContent) return { kind: "rejected", reason: "an error under HTTP 200" };
  return {
    kind: "answered",
    usage,
    model: typeof answer.model === "string" ? answer.model : undefined,
    serviceTier: typeof answer.service_tier === "string" ? answer.service_tier : undefined,
  };
}
