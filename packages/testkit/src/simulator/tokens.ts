import type { SimulatorRequest } from "./simulator-request.ts";

/** Short words with their leading space, runs of white space, single signs: a token is at least one byte. */
const TOKEN = / ?[\p{L}\p{N}]{1,6}|\s+|[^\s\p{L}\p{N}]/gu;

const TOKENS_PER_MESSAGE = 3;
const TOKENS_TO_PRIME_THE_ANSWER = 3;
/** Beside the messages. `input` of what has messages is counted with them. */
const READ_FIELDS = ["instructions", "tools", "response_format", "text", "prompt"];

/** Cuts a text into tokens that join to the text again. */
export function splitTokens(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

/** Counts a request's input: every text and number a model would read, plus a few tokens a message. */
export function countRequestTokens(request: SimulatorRequest): number {
  const { body, messages } = request;
  const read: unknown[] = [messages, ...READ_FIELDS.map((field) => body[field])];
  if (messages.length === 0) read.push(body["input"]);
  // Embeddings have no answer to prime.
  const around = request.api === "embeddings" ? 0 : TOKENS_TO_PRIME_THE_ANSWER;
  const perMessage = TOKENS_PER_MESSAGE * messages.length;
  return read.reduce((sum: number, part) => sum + countLeaves(part), perMessage + around);
}

function countLeaves(value: unknown): number {
  if (typeof value === "string") return splitTokens(value).length;
  if (typeof value === "number") return splitTokens(String(value)).length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countLeaves(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + countLeaves(item), 0);
}
