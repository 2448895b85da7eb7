import { describe, expect, test } from "vitest";
import { usageOfOpenAIChat, usageOfOpenAIResponse } from "./usage-of-openai.ts";

describe("a chat completion", () => {
  test("gives totals that include their parts", () => {
    const body = {
      object: "chat.completion",
      model: "gpt-5.6-sol",
      usage: {
        prompt_tokens: 4_020,
        completion_tokens: 44,
        total_tokens: 4_064,
        prompt_tokens_details: { cached_tokens: 4_000, cache_write_tokens: 12, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 40, audio_tokens: 0, rejected_prediction_tokens: 0 },
      },
    };
    expect(usageOfOpenAIChat(body)).toEqual({
      inputTokens: 4_020,
      cachedInputTokens: 4_000,
      cacheWriteTokens: 12,
      outputTokens: 44,
      reasoningTokens: 40,
    });
  });

  test.each([
    [{ cost: 0.0436 }, 43_600_000_000],
    [{ cost: 0.000497013333 }, 497_013_333],
    [{ cost: 0.0004970133333333333 }, 497_013_334],
    [{ cost: 0.95, is_byok: true, cost_details: { upstream_inference_cost: 19 } }, 19_950_000_000_000],
    [{ cost: 0.95, is_byok: false, cost_details: { upstream_inference_cost: 0.95 } }, 950_000_000_000],
    [{ cost: 0.95, is_byok: true }, undefined],
    // Perplexity's.
    [{ cost: { input_tokens_cost: 0.00001, total_cost: 0.00501 } }, 5_010_000_000],
    // xAI's.
    [{ cost_in_usd_ticks: 1_176_500 }, 117_650_000],
    [{ cost: -1 }, undefined],
    [{ cost: 0 }, undefined],
  ])("tells what a provider says that it took with %o", (told, reportedPicoUsd) => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, ...told };
    expect(usageOfOpenAIChat({ usage })?.reportedPicoUsd).toBe(reportedPicoUsd);
    const response = { usage: { input_tokens: 10, output_tokens: 2, ...told } };
    expect(usageOfOpenAIResponse(response)?.reportedPicoUsd).toBe(reportedPicoUsd);
  });

  test.each([
    [{ prompt_tokens_details: { cached_tokens: 200, cache_creation_tokens: 600 } }, 0],
    [{ cache_read_input_tokens: 200, cache_creation_input_tokens: 600 }, 0],
    [{ prompt_tokens_details: { cached_tokens: 200, cache_creation_input_tokens: 600 } }, 0],
    [
      {
        cache_creation_input_tokens: 600,
        prompt_tokens_details: {
          cached_tokens: 200,
          cache_creation_token_details: { ephemeral_5m_input_tokens: 350, ephemeral_1h_input_tokens: 250 },
        },
      },
      250,
    ],
  ])("tells what was read from a cache and written to it as a proxy does with %o", (told, forAnHour) => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 5, total_tokens: 1_005, ...told };
    expect(usageOfOpenAIChat({ usage })).toEqual({
      inputTokens: 1_000,
      cachedInputTokens: 200,
      cacheWriteTokens: 600,
      ...(forAnHour === 0 ? {} : { cacheWrite1hTokens: forAnHour }),
      outputTokens: 5,
    });
    // What stands outside the prompt is no part of it, and what it cost is not known.
    expect(usageOfOpenAIChat({ usage: { ...usage, prompt_tokens: 200 } })).toBeUndefined();
  });

  test("names the pages that xAI's search read, which are billed by the piece", () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, num_sources_used: 20 };
    const fees = [{ meter: "search_source", count: 20 }];
    expect(usageOfOpenAIChat({ usage })).toEqual({ inputTokens: 10, outputTokens: 2, fees });
    expect(usageOfOpenAIChat({ usage: { ...usage, num_sources_used: 0 } })?.fees).toBeUndefined();
  });

  test("in a stream gives its usage with the last chunk, which has no choices", () => {
    const chunk = {
      object: "chat.completion.chunk",
      choices: [],
      usage: { prompt_tokens: 16, completion_tokens: 300 },
    };
    expect(usageOfOpenAIChat(chunk)).toEqual({ inputTokens: 16, outputTokens: 300 });
  });

  test.each([
    ["inside the completion", 12, 291, 303, 290, 291],
    ["outside of it, as xAI reports them", 12, 1, 303, 290, 291],
    ["outside of it and nameless, as behind Gemini's compatible endpoint", 12, 1, 303, undefined, 291],
    ["more than the completion, without a total", 12, 1, undefined, 290, 291],
    ["less than the completion, without a total", 12, 300, undefined, 290, 300],
  ])("counts thoughts %s", (_, prompt, completion, total, reasoning, outputTokens) => {
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: total,
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
    expect(usageOfOpenAIChat({ usage })).toMatchObject({ inputTokens: 12, outputTokens });
  });

  test("with audio keeps it as a part of input and output", () => {
    const usage = {
      prompt_tokens: 64,
      completion_tokens: 50,
      total_tokens: 114,
      prompt_tokens_details: { audio_tokens: 44, text_tokens: 20 },
      completion_tokens_details: { audio_tokens: 40, text_tokens: 10 },
    };
    expect(usageOfOpenAIChat({ usage })).toEqual({
      inputTokens: 64,
      inputAudioTokens: 44,
      outputTokens: 50,
      outputAudioTokens: 40,
    });
  });

  test("that is an embedding has no output", () => {
    const body = { object: "list", data: [], usage: { prompt_tokens: 12, total_tokens: 12 } };
    expect(usageOfOpenAIChat(body)).toEqual({ inputTokens: 12, outputTokens: 0 });
  });

  test.each([
    ["DeepSeek", { prompt_cache_hit_tokens: 60, prompt_cache_miss_tokens: 40 }],
    ["Moonshot", { cached_tokens: 60 }],
    ["OpenAI", { prompt_tokens_details: { cached_tokens: 60 } }],
  ])("of %s shows what was read from the cache", (_, extra) => {
    const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, ...extra };
    expect(usageOfOpenAIChat({ usage })).toMatchObject({ inputTokens: 100, cachedInputTokens: 60 });
  });

  test.each([
    ["nothing", undefined],
    ["an error", { error: { code: "model_not_found", message: "no" } }],
    ["a stream made without include_usage", { object: "chat.completion.chunk", choices: [{ delta: {} }] }],
    ["a null usage", { usage: null }],
    ["an empty usage", { usage: {} }],
    ["a prompt alone", { usage: { prompt_tokens: 5 } }],
    ["counts as text", { usage: { prompt_tokens: "5", completion_tokens: 1, total_tokens: 6 } }],
    ["a negative count", { usage: { prompt_tokens: 5, completion_tokens: -1 } }],
    ["a fraction", { usage: { prompt_tokens: 5.5, completion_tokens: 1 } }],
    [
      "more cached than there was",
      { usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 6 } } },
    ],
  ])("with %s has no usage, which is not zero", (_, body) => {
    expect(usageOfOpenAIChat(body)).toBeUndefined();
  });
});

describe("a response", () => {
  const usage = {
    input_tokens: 9_299,
    input_tokens_details: { cached_tokens: 8_448, cache_write_tokens: 0 },
    output_tokens: 577,
    output_tokens_details: { reasoning_tokens: 512 },
    total_tokens: 9_876,
  };
  const fees = (output: readonly unknown[], tools: readonly unknown[] = []) =>
    usageOfOpenAIResponse({ object: "response", output, tools, usage })?.fees;

  test("gives totals that include their parts", () => {
    expect(usageOfOpenAIResponse({ object: "response", output: [], usage })).toEqual({
      inputTokens: 9_299,
      cachedInputTokens: 8_448,
      outputTokens: 577,
      reasoningTokens: 512,
    });
  });

  test("is charged for searches, not for opening a page or finding something in it", () => {
    const call = (type: string) => ({ type: "web_search_call", status: "completed", action: { type } });
    const output = [
      { type: "reasoning" },
      call("search"),
      call("open_page"),
      call("find_in_page"),
      call("search"),
    ];
    expect(fees([...output, { type: "message" }], [{ type: "web_search" }])).toEqual([
      { meter: "web_search", count: 2 },
    ]);
  });

  test("tells the preview of web search apart, since its price depends on the model", () => {
    const output = [{ type: "web_search_call", action: { type: "search" } }];
    const meter = "web_search_preview";
    expect(fees(output, [{ type: "web_search_preview" }])).toEqual([{ meter, count: 1 }]);
    expect(fees(output, [{ type: "web_search_preview_2025_03_11" }])).toEqual([{ meter, count: 1 }]);
  });

  test("pays once for a container, however many calls run in it", () => {
    const call = (id: string) => ({ type: "code_interpreter_call", container_id: id });
    const shell = { type: "shell_call", environment: { type: "container_reference", container_id: "b" } };
    expect(fees([call("a"), call("a"), call("b"), shell])).toEqual([{ meter: "container", count: 2 }]);
    expect(fees([{ type: "shell_call", environment: { type: "local" } }])).toBeUndefined();
  });

  test("names a container of another size, whose fee is not known here", () => {
    const tool = { type: "code_interpreter", container: { type: "auto", memory_limit: "4g" } };
    const output = [{ type: "code_interpreter_call", container_id: "a" }];
    expect(fees(output, [tool])).toEqual([{ meter: "container_4g", count: 1 }]);
    expect(fees(output, [{ type: "code_interpreter", container: "cntr_1" }])).toEqual([
      { meter: "container", count: 1 },
    ]);
  });

  test("counts file searches, and names images and whatever else is not in its usage", () => {
    const types = ["file_search_call", "file_search_call", "image_generation_call", "brand_new_call"];
    expect(fees(types.map((type) => ({ type })))).toEqual([
      { meter: "file_search", count: 2 },
      { meter: "image_generation", count: 1 },
      { meter: "brand_new", count: 1 },
    ]);
  });

  test("has no fee for tools that run at the caller's", () => {
    const types = [
      "function_call",
      "custom_tool_call",
      "mcp_call",
      "local_shell_call",
      "computer_call",
      "message",
    ];
    expect(fees(types.map((type) => ({ type })))).toBeUndefined();
  });

  test("sets cache writes of a longer lifetime apart", () => {
    const details = {
      cached_tokens: 0,
      cache_write_tokens: 100,
      cache_write_tokens_details: { ttl_30m_tokens: 60, ttl_12h_tokens: 40 },
    };
    const body = { usage: { ...usage, input_tokens_details: details } };
    expect(usageOfOpenAIResponse(body)).toMatchObject({
      cacheWriteTokens: 100,
      fees: [{ meter: "cacheWrite12h", count: 40 }],
    });
  });

  test.each([
    ["an answer in progress", { object: "response", status: "in_progress", usage: null }],
    ["an error", { error: { code: "insufficient_quota" } }],
    ["nothing", null],
  ])("that is %s has no usage, which is not zero", (_, body) => {
    expect(usageOfOpenAIResponse(body)).toBeUndefined();
  });
});
