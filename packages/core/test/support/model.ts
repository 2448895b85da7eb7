import type { Answer, GuardRequest, Usage } from "@wflo/core";

/** gpt-4.1: $2 in, $8 out per million tokens. */
export const MODEL = { provider: "openai", model: "gpt-4.1" } as const;

/** A small request to it. */
export function request(change: Partial<GuardRequest> = {}): GuardRequest {
  return { ...MODEL, parts: [{ kind: "text", text: "hello" }], ...change };
}

/** An answer with this usage. */
export function answer<T>(value: T, usage: Partial<Usage> = {}): Answer<T> {
  return { value, outcome: { kind: "answered", usage: { inputTokens: 10, outputTokens: 100, ...usage } } };
}

/** What `answer` costs: 10 x $2 + 100 x $8 per million. */
export const ANSWER_COST = "0.00082";

/** A function that waits for a number of milliseconds. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
