import { createOpenAI } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import { generateText } from "ai";
import { expect, test } from "vitest";
import { anthropicWith } from "./anthropic-desk.ts";
import { lines, MODEL, newWflo, openaiOf, settled, simulate, windowOf } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
const SEARCH = { type: "provider", id: "anthropic.web_search_20250305", name: "web_search", args: {} };
const CLAUDE = "claude-sonnet-4-5";

async function askClaude(options: object, call: object = {}) {
  const { wflo } = await newWflo("100.00");
  const { anthropic, requests } = await anthropicWith();
  const model = meter(anthropic(CLAUDE), { wflo, budgets: ["user"] });
  const ask = { model, prompt: "Hi", maxOutputTokens: 100, maxRetries: 0, ...call } as const;
  const error = await settled(
    generateText({ ...ask, providerOptions: { anthropic: options } } as Parameters<typeof generateText>[0]),
  );
  return { code: (error as { code?: string }).code, requests, wflo };
}

test.each([
  ["a dearer speed", { speed: "fast" }, "WFLO_UNKNOWN_PRICE"],
  ["inference at a place whose premium nobody told", { inferenceGeo: "eu" }, "WFLO_UNKNOWN_PRICE"],
  ["models to fall back on", { fallbacks: [{ model: "claude-opus-4-1" }] }, "WFLO_UNBOUNDED_REQUEST"],
  ["whatever models to fall back on", { fallbacks: "default" }, "WFLO_UNBOUNDED_REQUEST"],
])("%s, of which no bound is known, is refused before it is sent", async (_, options, expected) => {
  const { code, requests } = await askClaude(options);
  expect(code).toBe(expected);
  expect(requests).toEqual([]);
});

test("a tool of the provider that joins in the course of the conversation is seen", async () => {
  const toolChanges = [{ type: "tool_addition", tool: SEARCH }];
  const messages = [
    { role: "user", content: "Hi" },
    { role: "system", content: "", providerOptions: { anthropic: { toolChanges } } },
  ];
  const call = { prompt: undefined, messages, allowSystemInMessages: true };
  const { code, requests } = await askClaude({}, call);
  expect(code).toBe("WFLO_UNBOUNDED_REQUEST");
  expect(requests).toEqual([]);
});

test("a conversation that the provider keeps is held for by all that the model can read", async () => {
  const { wflo, requests } = await askClaude({ thread: { type: "continue", previousMessageId: "msg_0" } });
  expect(requests).toHaveLength(1);
  // 200,000 tokens and more at $3 a million.
  expect(Number((await lines(wflo, 1))[0]?.held)).toBeGreaterThan(0.6);
});

test("settings that cost the list price are no reason to refuse", async () => {
  const { code } = await askClaude({
    serviceTier: "standard_only",
    speed: "standard",
    inferenceGeo: "global",
  });
  expect(code).toBeUndefined();
});

test("of several budgets for thinking the largest is held for", async () => {
  const { wflo } = await newWflo("100.00");
  const { anthropic, requests } = await anthropicWith();
  const thinking = (budgetTokens: number) => ({ thinking: { type: "enabled", budgetTokens } });
  await generateText({
    model: meter(anthropic(CLAUDE), { wflo, budgets: ["user"] }),
    prompt: "Hi",
    maxOutputTokens: 1_000,
    providerOptions: { other: thinking(1_024), anthropic: thinking(50_000) },
  });
  expect(requests[0]).toMatchObject({ max_tokens: 51_000 });
  expect(Number((await lines(wflo, 1))[0]?.held)).toBeGreaterThan((51_000 * 15) / 1e6);
});

test("an output cap that was granted is written over the one of whichever provider's options", async () => {
  const { wflo } = await newWflo("0.001");
  const simulator = await simulate([ANSWER]);
  const azure = createOpenAI({ baseURL: simulator.url, apiKey: "sk-none", name: "azure" });
  await generateText({
    model: meter(azure.chat(MODEL), { wflo, budgets: ["user"], provider: "openai", clamp: true }),
    prompt: "Hi",
    providerOptions: { azure: { maxCompletionTokens: 30_000 } },
  });
  const sent = simulator.requests.map(({ body }) => body as { max_completion_tokens: number });
  expect(sent[0]?.max_completion_tokens).toBeLessThan(3_000);
});

test.each([
  ["chat", { maxCompletionTokens: 30_000 }, ["max_completion_tokens"]],
  ["chat", {}, ["max_tokens"]],
  ["responses", { maxCompletionTokens: 30_000 }, ["max_output_tokens"]],
] as const)(
  "an output cap that was granted stands in one field, which the model reads: %s with %o",
  async (api, openai, fields) => {
    const { wflo } = await newWflo("0.001");
    const simulator = await simulate([ANSWER]);
    const model = meter(openaiOf(simulator)[api](MODEL), { wflo, budgets: ["user"], clamp: true });
    await generateText({ model, prompt: "Hi", providerOptions: { openai } });
    const [sent] = simulator.requests.map(({ body }) => Object.entries(body));
    const caps = sent?.filter(([field]) => field.startsWith("max_")) ?? [];
    expect(caps.map(([field]) => field)).toEqual(fields);
    expect(Number(caps[0]?.[1])).toBeLessThan(3_000);
  },
);

test.each([
  ["responses", { openai: { maxCompletionTokens: 100 } }],
  ["chat", { azure: { maxCompletionTokens: 100 } }],
] as const)(
  "an output cap that the model does not read bounds nothing: %s with %o",
  async (api, providerOptions) => {
    const { wflo } = await newWflo("0.001");
    const simulator = await simulate([{ inputTokens: 100, outputTokens: 20_000 }]);
    const model = meter(openaiOf(simulator)[api](MODEL), { wflo, budgets: ["user"] });
    await generateText({ model, prompt: "Hi", providerOptions });
    expect(await windowOf(wflo)).toMatchObject({ overrun: "0.00" });
  },
);

test("of options for several providers the most is held for, and a tier without a price is refused", async () => {
  const { wflo } = await newWflo("100.00");
  const simulator = await simulate([ANSWER]);
  const model = meter(openaiOf(simulator).chat("o4-mini"), { wflo, budgets: ["user"] });
  const openai = { maxCompletionTokens: 50_000 };
  await generateText({
    model,
    prompt: "Hi",
    providerOptions: { azure: { maxCompletionTokens: 10 }, openai },
  });
  expect(Number((await lines(wflo, 1))[0]?.held)).toBeGreaterThan((50_000 * 4.4) / 1e6);
  const dear = { anthropic: { serviceTier: "auto" }, openai: { serviceTier: "scale" } };
  const refused = await settled(generateText({ model, prompt: "Hi", providerOptions: dear }));
  expect((refused as { code?: string }).code).toBe("WFLO_UNKNOWN_PRICE");
});
