import { createOpenAI } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import { streamText } from "ai";
import { modelParts } from "./model-parts.ts";
import { STORM_PROMPT, type StormAdapter } from "./storm-client.ts";
import { STREAM_HEADER } from "./storm-plan.ts";

/** Streams of `streamText`, which keeps what a reader that breaks off leaves, and does not tell its model. */
export const stormAiSdk: StormAdapter = {
  hearsBreak: false,
  connect({ baseURL, fetch, options }) {
    const openai = meter(createOpenAI({ baseURL, apiKey: "none", fetch }), options);
    return ({ api, model, number }, signal) => {
      const { stream } = streamText({
        model: openai[api](model),
        prompt: STORM_PROMPT,
        maxRetries: 2,
        abortSignal: signal,
        headers: { [STREAM_HEADER]: String(number) },
        onError: () => {},
      });
      return modelParts(stream);
    };
  },
};
