import { createOpenAI } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import type { WrapperOptions } from "@wflo/core";
import { generateText, streamText } from "ai";
import { LATENCY_MODEL, LATENCY_PROMPT, type LatencyClient } from "./latency-case.ts";
import { modelParts } from "./model-parts.ts";

/** `generateText` and `streamText` of a model of the AI SDK, plain without options. */
export function latencyOfAiSdk(baseURL: string, options: WrapperOptions | undefined): LatencyClient {
  const openai = createOpenAI({ baseURL, apiKey: "none" });
  const modelOf = (api: "chat" | "responses") => {
    const plain = openai[api](LATENCY_MODEL);
    return options === undefined ? plain : meter(plain, { ...options, provider: "openai" });
  };
  const models = { chat: modelOf("chat"), responses: modelOf("responses") };
  const asked = (api: "chat" | "responses", maxOutputTokens: number) => ({
    model: models[api],
    prompt: LATENCY_PROMPT,
    maxOutputTokens,
    maxRetries: 0,
  });
  return {
    whole: (api, tokens) => generateText(asked(api, tokens)),
    stream: (api, tokens) => modelParts(streamText({ ...asked(api, tokens), onError: () => {} }).stream),
  };
}
