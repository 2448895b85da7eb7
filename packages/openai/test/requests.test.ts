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
  ])("is written for %s as %s", async (provider, field) => {
    const simulator = await simulate({ text: "Hi" });
    const prices = { [`${provider}/${MODEL}`]: { input: "0.10", output: "0.40", maxOutputTokens: 32_768 } };
    const wflo = await newWflo({ prices }, "0.002");
    await metered(simulator.url, wflo, {}, { provider }).chat.completions.create(CHAT);
    expect(Object.keys(simulator.requests[0]?.body ?? {})).toEqual([...Object.keys(CHAT), field]);
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

  test.each<[string, Partial<Responses>]>([
    ["a previous response", { previous_response_id: "r" }],
    ["a stored prompt", { prompt: { id: "p" } }],
    ["a conversation", { conversation: "c" }],
  ])("for %s is what the model can read", async (_, field) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    await metered(simulator.url, wflo).responses.create({ ...RESPONSE, ...field, max_output_tokens: 16 });
    expect(bounds[0]).toBeGreaterThan(WHOLE_WINDOW_USD);
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
