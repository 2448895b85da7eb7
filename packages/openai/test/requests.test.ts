import { isBudgetExceeded, UnboundedRequestError, type CallStart, type Wflo } from "@wflo/core";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { CHAT, lines, metered, MODEL, newWflo, RESPONSE, settled, simulate } from "./support/desk.ts";

type Responses = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** What gpt-4.1-nano can read, at $0.10 per million tokens. */
const WHOLE_WINDOW_USD = 0.1;

/** The bounds of the calls that start, as numbers of dollars. */
function watchBounds(wflo: Wflo): number[] {
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }: CallStart) => void bounds.push(Number(bound)));
  return bounds;
}

describe("an output cap", () => {
  test.each(["max_tokens", "max_completion_tokens"] as const)(
    "of the caller in %s is kept, and lowered only with clamp",
    async (field) => {
      const simulator = await simulate({ outputTokens: 50_000 });
      const wflo = await newWflo({}, "0.002");
      const request = { ...CHAT, [field]: 20_000 };
      const error = await settled(metered(simulator.url, wflo).chat.completions.create(request));
      expect(isBudgetExceeded(error)).toBe(true);
      await metered(simulator.url, wflo, {}, { clamp: true }).chat.completions.create(request);
      const [sent] = simulator.requests;
      expect(Object.keys(sent?.body ?? {})).toEqual(Object.keys(request));
      expect(sent?.maxOutputTokens).toBeLessThan(5_000);
      expect((await wflo.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
    },
  );

  test("with both fields, the one that the model obeys is lowered", async () => {
    const simulator = await simulate({ outputTokens: 50_000 });
    const wflo = await newWflo({}, "0.002");
    const request = { ...CHAT, max_tokens: 20_000, max_completion_tokens: 20_000 };
    await metered(simulator.url, wflo, {}, { clamp: true }).chat.completions.create(request);
    await lines(wflo, 1);
    expect((await wflo.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
  });

  test.each([
    ["openai", "max_completion_tokens"],
    ["groq", "max_tokens"],
    ["OpenAI", "max_completion_tokens"],
    ["azure-openai", "max_completion_tokens"],
  ])("is written for %s as %s", async (provider, field) => {
    const simulator = await simulate({ text: "Hi" });
    const prices = { [`${provider}/${MODEL}`]: { input: "0.10", output: "0.40", maxOutputTokens: 32_768 } };
    const wflo = await newWflo({ prices }, "0.002");
    await metered(simulator.url, wflo, {}, { provider }).chat.completions.create(CHAT);
    expect(Object.keys(simulator.requests[0]?.body ?? {})).toEqual([...Object.keys(CHAT), field]);
  });

  test.each<[string, object, object]>([
    ["-1, which some servers take for none", { max_tokens: -1 }, { max_tokens: 5_000 }],
    [
      "two fields, of which one is none",
      { max_tokens: -1, max_completion_tokens: 100 },
      { max_tokens: 5_000, max_completion_tokens: 100 },
    ],
    [
      "two fields, of which one is small",
      { max_tokens: 30_000, max_completion_tokens: 100 },
      { max_tokens: 5_000, max_completion_tokens: 100 },
    ],
    ["a text", { max_tokens: "30000" }, { max_tokens: 5_000 }],
    ["that of another API", { max_output_tokens: 1 }, { max_output_tokens: 1, max_completion_tokens: 5_000 }],
  ])("that is short of money is written over %s", async (_, caps, sent) => {
    const simulator = await simulate({ outputTokens: 50_000 });
    const wflo = await newWflo({}, "0.002");
    await metered(simulator.url, wflo, {}, { clamp: true }).chat.completions.create({ ...CHAT, ...caps });
    const { model: _model, messages: _messages, ...found } = simulator.requests[0]?.body ?? {};
    expect(Object.keys(found)).toEqual(Object.keys(sent));
    for (const [field, most] of Object.entries(sent)) {
      expect(found[field]).toBeGreaterThan(0);
      expect(found[field]).toBeLessThanOrEqual(most as number);
    }
    await lines(wflo, 1);
    expect((await wflo.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
  });

  test.each<[string, "chat" | "responses", object, number | undefined]>([
    ["chats, of responses", "chat", { max_output_tokens: 1 }, undefined],
    ["responses, of chats", "responses", { max_tokens: 1, max_completion_tokens: 1 }, undefined],
    ["chats, the smaller of two", "chat", { max_tokens: 6_000, max_completion_tokens: 1 }, 6_000],
  ])("is not believed in %s", async (_, api, caps, tokens) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const { chat, responses } = metered(simulator.url, wflo);
    if (api === "chat") await chat.completions.create({ ...CHAT, ...caps });
    else await responses.create({ ...RESPONSE, ...caps } as Responses);
    const most = tokens ?? 32_768;
    expect(bounds[0]).toBeGreaterThanOrEqual((most * 0.4) / 1e6);
    expect(bounds[0]).toBeLessThan(((most + 1_000) * 0.4) / 1e6);
  });

  test.each([
    ["0, which is sent as it is, for one", 0, 1],
    ["what cannot be read for the most", -1, 128],
  ])("is held with n of %s", async (_, n, answers) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const { completions } = metered(simulator.url, wflo).chat;
    await completions.create({ ...CHAT, n, max_completion_tokens: 10_000 });
    expect(simulator.requests[0]?.body).toMatchObject({ n });
    expect(Math.floor((bounds[0] ?? 0) / ((10_000 * 0.4) / 1e6))).toBe(answers);
  });

  test("is held for each of n answers", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const { completions } = metered(simulator.url, wflo).chat;
    for (const n of [1, 3]) await completions.create({ ...CHAT, n, max_completion_tokens: 10_000 });
    expect((bounds[1] ?? 0) - (bounds[0] ?? 0)).toBeCloseTo((2 * 10_000 * 0.4) / 1e6, 5);
  });
});

describe("a bound", () => {
  test.each<[string, OpenAI.Responses.ResponseInput]>([
    [
      "an image",
      [{ role: "user", content: [{ type: "input_image", image_url: "https://x/y.png", detail: "auto" }] }],
    ],
    ["a file", [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }]],
    [
      "an image that a tool gave",
      [
        {
          type: "function_call_output",
          call_id: "c",
          output: [{ type: "input_image", image_url: "https://x/y.png" }],
        },
      ],
    ],
    [
      "a screenshot",
      [{ type: "computer_call_output", call_id: "c", output: { type: "computer_screenshot", file_id: "f" } }],
    ],
    ["a reference", [{ type: "item_reference", id: "i" }]],
  ])("for %s is what the model can read", async (_, input) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    await metered(simulator.url, wflo).responses.create({ model: MODEL, input, max_output_tokens: 16 });
    expect(bounds[0]).toBeGreaterThan(WHOLE_WINDOW_USD);
  });

  test.each<[string, object]>([
    ["a previous response", { previous_response_id: "r" }],
    ["a conversation", { conversation: "c" }],
    ["content that Gemini keeps", { extra_body: { google: { cached_content: "cachedContents/1" } } }],
  ])("for %s is what the model can read", async (_, field) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const request: Responses = { ...RESPONSE, ...field, max_output_tokens: 16 };
    await metered(simulator.url, wflo).responses.create(request);
    expect(bounds[0]).toBeGreaterThan(WHOLE_WINDOW_USD);
  });

  test.each<[string, object[], boolean]>([
    ["an id alone", [{ id: "msg_1" }], true],
    ["thoughts without their text", [{ type: "reasoning", id: "rs_1", summary: [] }], true],
    ["thoughts without their text or an id", [{ type: "reasoning", summary: [] }], false],
    [
      "thoughts in cipher",
      [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x".repeat(300) }],
      false,
    ],
    ["a web search", [{ type: "web_search_call", id: "ws_1", status: "completed", action: {} }], true],
    ["a file search without results", [{ type: "file_search_call", id: "fs_1", queries: [] }], true],
    [
      "a file search with results",
      [{ type: "file_search_call", id: "fs_1", results: [{ text: "a" }] }],
      false,
    ],
    ["code without its outputs", [{ type: "code_interpreter_call", id: "ci_1", outputs: null }], true],
    [
      "code with an image for output",
      [{ type: "code_interpreter_call", id: "ci_1", outputs: [{ type: "image", url: "https://x" }] }],
      true,
    ],
    [
      "code with logs for output",
      [{ type: "code_interpreter_call", id: "ci_1", outputs: [{ type: "logs", logs: "1" }] }],
      false,
    ],
    ["an image that was made", [{ type: "image_generation_call", id: "ig_1", result: "AAAA" }], true],
    ["a call of a remote tool", [{ type: "mcp_call", id: "m_1", name: "f", arguments: "{}" }], true],
    ["its answer", [{ type: "mcp_call", id: "m_1", name: "f", arguments: "{}", output: "42" }], false],
    ["a summary of the provider's", [{ type: "compaction", id: "c_1" }], true],
    ["a click", [{ type: "computer_call", id: "cu_1", call_id: "c", action: { type: "click" } }], false],
    ["a kind that nobody knows", [{ type: "memory_call", id: "me_1" }], true],
    ["a message with an id", [{ id: "msg_1", role: "user", content: "Hi" }], false],
  ])("for %s is the model's window where not all of it is in the request", async (_, input, isWindow) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const request = { model: MODEL, input, max_output_tokens: 16 } as unknown as Responses;
    await metered(simulator.url, wflo).responses.create(request);
    expect((bounds[0] ?? 0) > WHOLE_WINDOW_USD).toBe(isWindow);
  });

  test("of tool calls, their results and answers sent back is that of their bytes", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const { responses } = metered(simulator.url, wflo);
    const first = await responses.create({ ...RESPONSE, max_output_tokens: 16 });
    const results = { type: "function_call_output" as const, call_id: "c", output: "42" };
    await responses.create({
      model: MODEL,
      input: [...(first.output as OpenAI.Responses.ResponseInput), results],
      max_output_tokens: 16,
    });
    expect(bounds[1]).toBeLessThan(0.001);
  });

  test("counts bytes, not characters, and copes with a prompt of 5 MB", async () => {
    const simulator = await simulate({ text: "Hi", inputTokens: 10 });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    const { responses } = metered(simulator.url, wflo);
    await responses.create({ model: MODEL, input: "a".repeat(3_000), max_output_tokens: 16 });
    await responses.create({ model: MODEL, input: "€".repeat(3_000), max_output_tokens: 16 });
    expect((bounds[1] ?? 0) - (bounds[0] ?? 0)).toBeCloseTo((6_000 * 0.1) / 1e6, 9);
    const startedMs = performance.now();
    await responses.create({ model: MODEL, input: "🙂 word ".repeat(500_000), max_output_tokens: 16 });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(simulator.requests[2]?.messages).toEqual([{ role: "user", content: "🙂 word ".repeat(500_000) }]);
  });

  test("cannot be had for hosted tools and web search: refused, unless hold says what to reserve", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const { chat, responses } = metered(simulator.url, wflo);
    const tools = [{ type: "web_search" as const }];
    const mcp = [{ type: "mcp" as const, server_label: "x", server_url: "https://x" }];
    for (const work of [
      responses.create({ ...RESPONSE, tools }),
      responses.create({ ...RESPONSE, tools: mcp }),
      chat.completions.create({ ...CHAT, web_search_options: {} }),
    ]) {
      expect(await settled(work)).toBeInstanceOf(UnboundedRequestError);
    }
    expect(simulator.requests).toHaveLength(0);
    await metered(simulator.url, wflo, {}, { hold: "0.30" }).responses.create({ ...RESPONSE, tools });
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", held: "0.30" }]);
  });

  const hosted = [{ type: "web_search" }];
  const inSpace = [{ type: "namespace", name: "a", description: "b", tools: hosted }];
  test.each<[string, "chat" | "responses", object, RegExp]>([
    ["a stored prompt", "responses", { prompt: { id: "p" } }, /stored prompt/],
    ["several agents", "responses", { multi_agent: { enabled: true } }, /multi_agent/],
    ["a summary on the way", "responses", { context_management: [{ type: "compaction" }] }, /summary/],
    ["tools in a namespace", "responses", { tools: inSpace }, /web_search/],
    [
      "tools added later",
      "responses",
      { input: [{ type: "additional_tools", tools: hosted }] },
      /web_search/,
    ],
    [
      "tools that a search found",
      "responses",
      { input: [{ type: "tool_search_output", tools: inSpace }] },
      /web_search/,
    ],
    ["other models", "chat", { models: [MODEL, "anthropic/claude-opus-4.1"] }, /list of models/],
    ["a route", "chat", { route: "fallback" }, /route/],
    ["plugins", "chat", { plugins: [{ id: "web" }] }, /plugins/],
    ["a preset", "chat", { preset: "mine" }, /preset/],
    ["a preset in the model", "chat", { model: `${MODEL}@preset/mine` }, /preset/],
    ["a model that searches", "chat", { model: `${MODEL}:online` }, /online/],
    ["a live search", "chat", { search_parameters: { mode: "auto" } }, /search_parameters/],
    ["documents on Azure", "chat", { data_sources: [{ type: "azure_search", parameters: {} }] }, /documents/],
    ["a search of Qwen's", "chat", { enable_search: true }, /enable_search/],
  ])("cannot be had for %s: refused, unless hold says what to reserve", async (_, api, extra, words) => {
    const simulator = await simulate({ text: "Hi" });
    const send = async (wflo: Wflo, hold: object) => {
      const { chat, responses } = metered(simulator.url, wflo, {}, hold);
      return api === "chat"
        ? chat.completions.create({ ...CHAT, ...extra })
        : responses.create({ ...RESPONSE, ...extra } as Responses);
    };
    // So that no name is refused for want of a price.
    const price = { input: "0.10", output: "0.40", contextWindow: 1_000 };
    const model = (extra as { model?: string }).model ?? MODEL;
    const wflo = await newWflo({ prices: { [`openai/${model}`]: price } });
    const error = await settled(send(wflo, {}));
    expect(error).toBeInstanceOf(UnboundedRequestError);
    expect((error as Error).message).toMatch(words);
    expect(simulator.requests).toHaveLength(0);
    await send(wflo, { hold: "0.30" });
    expect(await lines(wflo, 1)).toMatchObject([{ held: "0.30" }]);
  });

  test.each<[string, object]>([
    [
      "tools of the caller",
      { tools: [{ type: "namespace", tools: [{ type: "function" }] }, { type: "tool_search" }] },
    ],
    ["the caller's own screen", { tools: [{ type: "computer" }] }],
    [
      "what is switched off",
      { multi_agent: { enabled: false }, search_parameters: { mode: "off" }, plugins: [] },
    ],
    ["the same model again", { models: [MODEL] }],
  ])("can be had for %s", async (_, extra) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    await metered(simulator.url, wflo).responses.create({ ...RESPONSE, ...extra } as Responses);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
  });
});

test("a service tier is charged at the rate of the tier that served it", async () => {
  const counts = { inputTokens: 1_000_000, outputTokens: 0 };
  const simulator = await simulate({ ...counts, serviceTier: "default" }, { ...counts, serviceTier: "flex" });
  const wflo = await newWflo({}, "100.00");
  const request = { ...CHAT, model: "gpt-5-nano", service_tier: "flex" as const };
  const { completions } = metered(simulator.url, wflo).chat;
  for (let call = 0; call < 2; call += 1) await completions.create(request);
  expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual(["0.05", "0.025"]);
});
