import { describe, expect, test } from "vitest";
import { usageOfResponse } from "./usage-of-response.ts";

const chat = {
  model: "gpt-4.1-2025-04-14",
  service_tier: "default",
  usage: { prompt_tokens: 16, completion_tokens: 363, total_tokens: 379 },
};
const chatUsage = { inputTokens: 16, outputTokens: 363 };
const claude = {
  type: "message",
  model: "claude-sonnet-4-5-20250929",
  stop_reason: "end_turn",
  usage: {
    input_tokens: 3,
    output_tokens: 33,
    cache_creation_input_tokens: 418,
    cache_read_input_tokens: 1_111,
    cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 418 },
    inference_geo: "not_available",
    service_tier: "standard",
  },
};
const claudeUsage = {
  inputTokens: 1_532,
  cachedInputTokens: 1_111,
  cacheWriteTokens: 418,
  outputTokens: 33,
};
const gemini = {
  modelVersion: "gemini-3-pro-preview",
  candidates: [{ content: {} }],
  usageMetadata: {
    promptTokenCount: 9,
    candidatesTokenCount: 28,
    thoughtsTokenCount: 244,
    totalTokenCount: 281,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: 9 }],
  },
};

interface Expected {
  readonly usage: object;
  readonly model?: string;
  readonly serviceTier?: string;
}

/** Makes an Anthropic message with other counts. */
const claudeWith = (usage: object) => ({ ...claude, usage: { ...claude.usage, ...usage } });
const geminiWith = (usage: object) => ({ ...gemini, usageMetadata: { ...gemini.usageMetadata, ...usage } });
/** A LangChain message. */
const message = (usage: object, about: object) => ({ usage_metadata: usage, response_metadata: about });

describe("what a provider reports", () => {
  test.each<[string, object, Expected]>([
    ["OpenAI chat", chat, { usage: chatUsage, model: "gpt-4.1-2025-04-14", serviceTier: "default" }],
    [
      "OpenAI chat with a cache, audio and thoughts",
      {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 50,
          prompt_tokens_details: { cached_tokens: 40, audio_tokens: 10 },
          completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 5 },
        },
      },
      {
        usage: {
          inputTokens: 100,
          cachedInputTokens: 40,
          inputAudioTokens: 10,
          outputTokens: 50,
          reasoningTokens: 30,
          outputAudioTokens: 5,
        },
      },
    ],
    [
      "an embedding",
      { model: "text-embedding-3-small", usage: { prompt_tokens: 12, total_tokens: 12 } },
      { usage: { inputTokens: 12, outputTokens: 0 }, model: "text-embedding-3-small" },
    ],
    [
      "OpenAI responses with a search",
      {
        object: "response",
        model: "gpt-5-2025-08-07",
        output: [{ type: "web_search_call", action: { type: "search" } }],
        usage: {
          input_tokens: 20,
          input_tokens_details: { cached_tokens: 8 },
          output_tokens: 5,
          total_tokens: 25,
        },
      },
      {
        usage: {
          inputTokens: 20,
          cachedInputTokens: 8,
          outputTokens: 5,
          fees: [{ meter: "web_search", count: 1 }],
        },
        model: "gpt-5-2025-08-07",
      },
    ],
    [
      "OpenAI images, whose tokens have a price of their own",
      { data: [{}], usage: { input_tokens: 10, output_tokens: 1_056, total_tokens: 1_066 } },
      { usage: { inputTokens: 10, outputTokens: 1_056, outputImageTokens: 1_056 } },
    ],
    [
      "an OpenAI transcription",
      { text: "", usage: { input_tokens: 14, input_token_details: { audio_tokens: 14 }, output_tokens: 4 } },
      { usage: { inputTokens: 14, inputAudioTokens: 14, outputTokens: 4 } },
    ],
    [
      "Anthropic, whose cache stands outside the input",
      claude,
      { usage: claudeUsage, model: "claude-sonnet-4-5-20250929", serviceTier: "standard" },
    ],
    [
      "Anthropic with a search, an hour's cache and a premium",
      claudeWith({
        cache_creation: { ephemeral_1h_input_tokens: 400 },
        inference_geo: "us",
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 3 },
      }),
      {
        usage: {
          ...claudeUsage,
          // What was written beyond the told lifetimes has the only one that was told.
          cacheWrite1hTokens: 418,
          isUnsplit: true,
          fees: [{ meter: "web_search", count: 2 }],
          modifiers: ["inference_geo:us"],
        },
      },
    ],
    [
      "Anthropic with a compaction, billed by iterations",
      claudeWith({
        input_tokens: 229,
        output_tokens: 5,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        iterations: [
          { input_tokens: 100, output_tokens: 131, cache_creation_input_tokens: 55_096 },
          { input_tokens: 229, output_tokens: 5 },
        ],
      }),
      {
        usage: {
          inputTokens: 55_425,
          cacheWriteTokens: 55_096,
          outputTokens: 136,
          contextTokens: 55_196,
        },
      },
    ],
    [
      "Anthropic with an advisor, whose work is at the price of its own model",
      claudeWith({
        iterations: [
          { type: "message", input_tokens: 3, output_tokens: 33 },
          { type: "advisor_message", model: "claude-opus-5", input_tokens: 100, output_tokens: 10 },
        ],
      }),
      {
        usage: {
          inputTokens: 3,
          outputTokens: 33,
          others: [{ model: "claude-opus-5", usage: { inputTokens: 100, outputTokens: 10 } }],
        },
      },
    ],
    [
      "Anthropic's own counts where only the work beside the message was told apart",
      claudeWith({
        iterations: [{ type: "compaction", input_tokens: 1_000, output_tokens: 10 }],
      }),
      { usage: { ...claudeUsage, inputTokens: 2_532, outputTokens: 43, contextTokens: 1_532 } },
    ],
    [
      "Claude's agent SDK",
      { type: "result", usage: claude.usage, modelUsage: { "claude-sonnet-4-6": {} } },
      { usage: claudeUsage, model: "claude-sonnet-4-6" },
    ],
    [
      "Gemini, whose thoughts stand outside the candidates",
      gemini,
      {
        usage: { inputTokens: 9, outputTokens: 272, reasoningTokens: 244 },
        model: "gemini-3-pro-preview",
      },
    ],
    [
      "Gemini with tools, a cache, audio, images and searches",
      {
        ...geminiWith({
          promptTokenCount: 100,
          toolUsePromptTokenCount: 7,
          cachedContentTokenCount: 60,
          totalTokenCount: 379,
          cacheTokensDetails: [{ modality: "AUDIO", tokenCount: 6 }],
          promptTokensDetails: [{ modality: "AUDIO", tokenCount: 10 }],
          candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: 20 }],
          serviceTier: "standard",
        }),
        candidates: [{ groundingMetadata: { webSearchQueries: ["a", "b", ""] }, urlContextMetadata: {} }],
      },
      {
        usage: {
          inputTokens: 107,
          cachedInputTokens: 60,
          cachedInputAudioTokens: 6,
          inputAudioTokens: 4,
          outputTokens: 272,
          reasoningTokens: 244,
          outputImageTokens: 20,
          fees: [{ meter: "google_search", count: 2 }],
        },
        serviceTier: "standard",
      },
    ],
    [
      "Bedrock, whose cache stands outside the input",
      {
        stopReason: "end_turn",
        output: { message: {} },
        usage: {
          inputTokens: 22,
          outputTokens: 57,
          totalTokens: 109,
          cacheReadInputTokens: 10,
          cacheWriteInputTokens: 20,
          cacheDetails: [{ ttl: "1h", inputTokens: 20 }],
          serverToolUsage: {},
        },
      },
      {
        usage: {
          inputTokens: 52,
          cachedInputTokens: 10,
          cacheWriteTokens: 20,
          cacheWrite1hTokens: 20,
          outputTokens: 57,
        },
      },
    ],
    [
      "Cohere v2, as billed rather than as counted",
      { usage: { billed_units: { input_tokens: 1, output_tokens: 9 }, tokens: { input_tokens: 496 } } },
      { usage: { inputTokens: 1, outputTokens: 9 } },
    ],
    [
      "Cohere's SDK",
      { meta: { billedUnits: { searchUnits: 2 } } },
      { usage: { inputTokens: 0, outputTokens: 0, fees: [{ meter: "search_units", count: 2 }] } },
    ],
    [
      "Mistral's SDK",
      { model: "mistral-small-latest", usage: { promptTokens: 13, completionTokens: 8, totalTokens: 21 } },
      { usage: { inputTokens: 13, outputTokens: 8 }, model: "mistral-small-latest" },
    ],
    [
      "Ollama",
      { model: "llama3.2", done: true, prompt_eval_count: 26, eval_count: 298 },
      { usage: { inputTokens: 26, outputTokens: 298 }, model: "llama3.2" },
    ],
  ])("%s", (_, response, expected) => {
    expect(usageOfResponse(response)).toMatchObject(expected);
    expect(usageOfResponse(response)?.usage).toEqual(expected.usage);
  });
});

describe("what a framework reports", () => {
  const flat = { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 60 };
  const nested = {
    inputTokens: { total: 100, noCache: 30, cacheRead: 60, cacheWrite: 10 },
    outputTokens: { total: 20, text: 5, reasoning: 15 },
  };
  const inUsage = { inputTokens: 100, cachedInputTokens: 60, cacheWriteTokens: 10 };

  test.each<[string, object, Expected]>([
    [
      "AI SDK v4",
      {
        usage: { promptTokens: 100, completionTokens: 20, totalTokens: 120 },
        providerMetadata: { openai: { cachedPromptTokens: 60, reasoningTokens: 15 } },
        response: { modelId: "gpt-4.1" },
      },
      {
        usage: { inputTokens: 100, cachedInputTokens: 60, outputTokens: 20, reasoningTokens: 15 },
        model: "gpt-4.1",
      },
    ],
    [
      "AI SDK v5, whose Google models leave thoughts outside the output",
      { usage: { ...flat, totalTokens: 135, reasoningTokens: 15 } },
      { usage: { inputTokens: 100, cachedInputTokens: 60, outputTokens: 35, reasoningTokens: 15 } },
    ],
    [
      "a model of the AI SDK v6",
      { usage: nested },
      { usage: { ...inUsage, outputTokens: 20, reasoningTokens: 15 } },
    ],
    [
      "AI SDK v7, with details",
      {
        usage: {
          inputTokens: 100,
          inputTokenDetails: { noCacheTokens: 30, cacheReadTokens: 60, cacheWriteTokens: 10 },
          outputTokens: 20,
          outputTokenDetails: { textTokens: 5, reasoningTokens: 15 },
          totalTokens: 120,
        },
        response: { modelId: "gpt-5" },
      },
      { usage: { ...inUsage, outputTokens: 20, reasoningTokens: 15 }, model: "gpt-5" },
    ],
    [
      "the AI SDK, by what the provider itself reported",
      { usage: { ...nested, raw: claude.usage }, providerMetadata: { anthropic: {} } },
      { usage: claudeUsage },
    ],
    [
      "Anthropic through the AI SDK v5, whose cache stands outside the input",
      { usage: { ...flat, inputTokens: 3 }, providerMetadata: { anthropic: { usage: claude.usage } } },
      { usage: claudeUsage },
    ],
    [
      "all steps of the AI SDK, not the last alone",
      {
        usage: flat,
        totalUsage: { inputTokens: 150, outputTokens: 30, totalTokens: 180 },
        steps: [{ usage: flat }, { usage: { inputTokens: 50, outputTokens: 10, totalTokens: 60 } }],
        response: { modelId: "gpt-5" },
      },
      {
        usage: { inputTokens: 150, cachedInputTokens: 60, outputTokens: 30, contextTokens: 100 },
        model: "gpt-5",
      },
    ],
    [
      "the AI SDK with a tool that the provider ran",
      {
        usage: flat,
        content: [
          { type: "tool-call", toolName: "web_search", providerExecuted: true },
          { type: "tool-call", toolName: "mine" },
        ],
      },
      {
        usage: {
          inputTokens: 100,
          cachedInputTokens: 60,
          outputTokens: 20,
          fees: [{ meter: "web_search", count: 1 }],
        },
      },
    ],
    [
      "an embedding of the AI SDK",
      { embedding: [], usage: { tokens: 8 } },
      { usage: { inputTokens: 8, outputTokens: 0 } },
    ],
    [
      "steps of two models of the AI SDK, each at its own price",
      {
        usage: { inputTokens: 1, outputTokens: 1 },
        steps: ["gpt-5", "gpt-5-mini"].map((modelId) => ({
          usage: { inputTokens: 1, outputTokens: 1 },
          response: { modelId },
        })),
        response: { modelId: "gpt-5" },
      },
      {
        usage: {
          inputTokens: 1,
          outputTokens: 1,
          others: [{ model: "gpt-5-mini", usage: { inputTokens: 1, outputTokens: 1 } }],
        },
        model: "gpt-5",
      },
    ],
    [
      "a Mastra agent",
      { text: "", usage: flat, totalUsage: flat, response: { modelId: "gpt-5" } },
      { usage: { inputTokens: 100, cachedInputTokens: 60, outputTokens: 20 }, model: "gpt-5" },
    ],
    [
      "LangChain",
      message(
        {
          input_tokens: 100,
          output_tokens: 20,
          total_tokens: 120,
          input_token_details: { cache_read: 60 },
          output_token_details: { reasoning: 15 },
        },
        { model_name: "gpt-4.1" },
      ),
      {
        usage: { inputTokens: 100, cachedInputTokens: 60, outputTokens: 20, reasoningTokens: 15 },
        model: "gpt-4.1",
      },
    ],
    [
      "Anthropic through LangChain, by what it reported itself",
      message(
        {
          input_tokens: 3,
          output_tokens: 33,
          input_token_details: { cache_read: 1_111, cache_creation: 418 },
        },
        { model: "claude-sonnet-4-5", usage: claude.usage },
      ),
      { usage: claudeUsage, model: "claude-sonnet-4-5" },
    ],
    [
      "older LangChain",
      {
        content: "",
        response_metadata: { tokenUsage: { promptTokens: 11, completionTokens: 4, totalTokens: 15 } },
      },
      { usage: { inputTokens: 11, outputTokens: 4 } },
    ],
    [
      "a result of a LangChain model",
      { generations: [], llmOutput: { tokenUsage: { promptTokens: 11, completionTokens: 4 } } },
      { usage: { inputTokens: 11, outputTokens: 4 } },
    ],
    [
      "a run of OpenAI's agents",
      {
        finalOutput: "",
        state: {
          usage: {
            requests: 2,
            inputTokens: 100,
            outputTokens: 20,
            totalTokens: 120,
            inputTokensDetails: [{ cached_tokens: 40 }, { cached_tokens: 20 }],
            outputTokensDetails: [{ reasoning_tokens: 15 }],
          },
        },
      },
      {
        usage: {
          inputTokens: 100,
          cachedInputTokens: 60,
          outputTokens: 20,
          reasoningTokens: 15,
          isUnsplit: true,
        },
      },
    ],
    [
      "tools that ran for OpenAI's agents",
      {
        rawResponses: [
          {
            usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 },
            output: [
              {
                type: "hosted_tool_call",
                name: "web_search_call",
                providerData: { action: { type: "search" } },
              },
              {
                type: "hosted_tool_call",
                name: "web_search_call",
                providerData: { action: { type: "open_page" } },
              },
            ],
          },
        ],
      },
      { usage: { inputTokens: 10, outputTokens: 2, fees: [{ meter: "web_search", count: 1 }] } },
    ],
    [
      "searches of Gemini through LangChain",
      message(
        { input_tokens: 10, output_tokens: 2 },
        { groundingMetadata: { webSearchQueries: ["a", "b"] } },
      ),
      { usage: { inputTokens: 10, outputTokens: 2, fees: [{ meter: "google_search", count: 2 }] } },
    ],
    [
      "searches of OpenAI through LangChain",
      {
        ...message({ input_tokens: 10, output_tokens: 2 }, {}),
        additional_kwargs: { tool_outputs: [{ type: "web_search_call", action: { type: "search" } }] },
      },
      { usage: { inputTokens: 10, outputTokens: 2, fees: [{ meter: "web_search", count: 1 }] } },
    ],
    [
      "a speed and searches of Anthropic through LangChain, also without a cache",
      message(
        { input_tokens: 10, output_tokens: 2 },
        {
          model: "claude-opus-5",
          usage: {
            input_tokens: 10,
            output_tokens: 2,
            speed: "fast",
            server_tool_use: { web_search_requests: 3 },
          },
        },
      ),
      {
        usage: {
          inputTokens: 10,
          outputTokens: 2,
          fees: [{ meter: "web_search", count: 3 }],
          modifiers: ["speed:fast"],
        },
      },
    ],
    [
      "searches on Vertex through the AI SDK",
      {
        usage: { inputTokens: 10, outputTokens: 2 },
        providerMetadata: { vertex: { groundingMetadata: { webSearchQueries: ["a"] } } },
      },
      { usage: { inputTokens: 10, outputTokens: 2, fees: [{ meter: "google_search", count: 1 }] } },
    ],
    [
      "steps of the AI SDK that were served by several tiers, each at its own",
      {
        usage: { inputTokens: 10, outputTokens: 2 },
        steps: ["priority", "default"].map((serviceTier) => ({
          usage: { inputTokens: 10, outputTokens: 2 },
          providerMetadata: { openai: { serviceTier } },
        })),
      },
      {
        usage: {
          inputTokens: 10,
          outputTokens: 2,
          modifiers: ["service_tier:priority"],
          others: [{ usage: { inputTokens: 10, outputTokens: 2, modifiers: ["service_tier:default"] } }],
        },
      },
    ],
    [
      "responses of OpenAI's agents",
      {
        rawResponses: [
          { usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 } },
          { usage: { inputTokens: 20, outputTokens: 3, totalTokens: 23 } },
        ],
      },
      { usage: { inputTokens: 30, outputTokens: 5, contextTokens: 20 } },
    ],
  ])("%s", (_, response, expected) => {
    expect(usageOfResponse(response)).toMatchObject(expected);
    expect(usageOfResponse(response)?.usage).toEqual(expected.usage);
  });
});

describe("one level of wrapping", () => {
  class Reply {
    get response() {
      return gemini;
    }
  }
  test.each<[string, unknown, object]>([
    ["{ response }", { response: chat, tookMs: 3 }, chatUsage],
    ["{ data }", { data: chat, status: 200, headers: {} }, chatUsage],
    ["a pair", [chat, { note: "extra" }], chatUsage],
    ["a name of one's own", { parsed: { city: "Paris" }, raw: claude }, claudeUsage],
    ["a getter of a class", new Reply(), { outputTokens: 272 }],
    ["the same response twice", { response: chat, data: chat }, chatUsage],
  ])("%s is looked into", (_, result, usage) => {
    expect(usageOfResponse(result)?.usage).toMatchObject(usage);
  });

  test.each<[string, unknown]>([
    ["two responses, maybe of two models", [chat, claude]],
    ["a third that would be forgotten", [chat, null, claude]],
    ["two levels", { a: { b: { c: chat } } }],
    ["a thousand properties", Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`k${at}`, chat]))],
  ])("%s is not measured", (_, result) => {
    expect(usageOfResponse(result)).toBeUndefined();
  });
});

describe("what cannot be counted on is no usage, and never a wrong number", () => {
  const trap = (name: string) =>
    Object.defineProperty({}, name, {
      enumerable: true,
      get() {
        throw new Error("hands off");
      },
    });
  const withCounts = (usage: object) => ({ usage });
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "usage"],
    ["an empty object", {}],
    ["no usage", { ...chat, usage: null }],
    ["a getter that throws", trap("usage")],
    ["a getter inside that throws", withCounts(trap("prompt_tokens"))],
    ["NaN", withCounts({ prompt_tokens: NaN, completion_tokens: 1 })],
    ["a negative count", withCounts({ prompt_tokens: 10, completion_tokens: -5, total_tokens: 15 })],
    ["a fraction", withCounts({ input_tokens: 1.5, output_tokens: 1 })],
    ["a text for a number", withCounts({ prompt_tokens: 10, completion_tokens: "9", total_tokens: 19 })],
    ["a text for Anthropic's cache", claudeWith({ cache_read_input_tokens: "5" })],
    [
      "a cache above the input",
      withCounts({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 11 } }),
    ],
    ["a Gemini cache above the prompt", geminiWith({ cachedContentTokenCount: 10 })],
    ["an AI SDK usage of undefined counts", withCounts({ inputTokens: undefined, outputTokens: undefined })],
    ["a usage that is a promise", withCounts(Promise.resolve({ inputTokens: 1 }))],
    ["zeros, which count nothing", withCounts({ input_tokens: 0, output_tokens: 0 })],
    ["Ollama without its input", { model: "llama3.2", eval_count: 298 }],
    ["several models in one total", { type: "result", usage: claude.usage, modelUsage: { a: {}, b: {} } }],
    [
      "a cache of Anthropic's that may or may not be in the input",
      message(
        { input_tokens: 500, output_tokens: 1, input_token_details: { cache_read: 400 } },
        { model: "claude-sonnet-4-5" },
      ),
    ],
    [
      "the same of the AI SDK v5",
      {
        usage: { inputTokens: 500, outputTokens: 1, cachedInputTokens: 400 },
        providerMetadata: { bedrock: {} },
      },
    ],
  ])("%s", (_, response) => {
    expect(usageOfResponse(response)).toBeUndefined();
  });

  test("a stream is not touched", () => {
    const read: string[] = [];
    const stream = new Proxy({ textStream: 1, usage: 2 }, { get: (_, name) => void read.push(String(name)) });
    expect(usageOfResponse(stream)).toBeUndefined();
    expect(read).toEqual([]);
  });
});
