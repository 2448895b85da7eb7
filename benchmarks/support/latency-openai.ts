import type { WrapperOptions } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";
import { LATENCY_MODEL, LATENCY_PROMPT, type LatencyClient } from "./latency-case.ts";

/** The openai client, plain without options. */
export function latencyOfOpenAI(baseURL: string, options: WrapperOptions | undefined): LatencyClient {
  const plain = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  const client = options === undefined ? plain : wfloOpenAI(plain, { ...options, provider: "openai" });
  const chat = (tokens: number) => ({
    model: LATENCY_MODEL,
    messages: [{ role: "user" as const, content: LATENCY_PROMPT }],
    max_completion_tokens: tokens,
  });
  const response = (tokens: number) => ({
    model: LATENCY_MODEL,
    input: LATENCY_PROMPT,
    max_output_tokens: tokens,
  });
  return {
    whole: (api, tokens) =>
      api === "chat"
        ? client.chat.completions.create(chat(tokens))
        : client.responses.create(response(tokens)),
    stream: (api, tokens) =>
      api === "chat"
        ? client.chat.completions.create({ ...chat(tokens), stream: true })
        : client.responses.create({ ...response(tokens), stream: true }),
  };
}
