import { describe, expect, test } from "vitest";
import { worstCase } from "../cost/worst-case.ts";
import { createPricing } from "../pricing.ts";
import { createCatalogue } from "./catalogue.ts";
import type { Meter, RateCard } from "./rate-card.ts";

const catalogue = createCatalogue();
const at = new Date("2026-09-23T12:00:00Z");

function cardOf(provider: string, model: string, when: Date = at): RateCard {
  const card = catalogue.find({ provider, model, at: when });
  if ("unknown" in card) throw new Error(`${provider}/${model}: ${card.reason}`);
  return card;
}

function reasonOf(provider: string, model: string): string {
  const card = catalogue.find({ provider, model, at });
  return "unknown" in card ? card.reason : `known: ${card.id}`;
}

/** Dollars per million tokens, for reading. */
function pricesOf(card: RateCard): Partial<Record<Meter, number>> {
  return Object.fromEntries(
    Object.entries(card.rates).map(([meter, rate]) => [meter, Number(rate.picoUsd) / 1e6]),
  );
}

describe("names", () => {
  test.each([
    ["openai", "gpt-4o", "openai/gpt-4o", "exact"],
    ["openai", "gpt-4o-2024-08-06", "openai/gpt-4o", "exact"],
    ["openai", "gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13", "exact"],
    ["openai", " GPT-4o ", "openai/gpt-4o", "exact"],
    ["openai", "openai/gpt-4o", "openai/gpt-4o", "exact"],
    ["openai", "openai:gpt-4o", "openai/gpt-4o", "exact"],
    ["openai.responses", "gpt-5-mini", "openai/gpt-5-mini", "exact"],
    ["openai", "gpt-5-nano-2025-08-07", "openai/gpt-5-nano", "family"],
    ["openai", "gpt-5.6-sol-2026-07-01", "openai/gpt-5.6-sol", "family"],
    ["openai", "ft:gpt-4o-2024-08-06:acme::abc", "openai/ft:gpt-4o", "family"],
    ["openai", "ft:gpt-4.1-mini-2025-04-14:acme::abc", "openai/ft:gpt-4.1-mini", "family"],
    ["azure-openai", "gpt-35-turbo", "azure/gpt-3.5-turbo", "exact"],
    ["azure", "gpt-5-nano-2025-08-07", "azure/gpt-5-nano", "family"],
    ["xai", "grok-3-mini", "x-ai/grok-3-mini", "exact"],
    ["x-ai", "xai/grok-4", "x-ai/grok-4-0709", "exact"],
    ["google", "models/gemini-2.5-flash", "google/gemini-2.5-flash", "exact"],
    ["vertex", "publishers/google/models/gemini-2.5-pro", "google-vertex/gemini-2.5-pro", "exact"],
    ["googleVertex.anthropic.messages", "claude-opus-5-5", "google-vertex/claude-opus-5-5", "exact"],
    ["vertex.anthropic.messages", "claude-opus-5-5", "google-vertex/claude-opus-5-5", "exact"],
    [
      "bedrock.anthropic.messages",
      "global.anthropic.claude-haiku-4-5-20251001-v1:0",
      "aws/global.anthropic.claude-haiku-4-5-20251001-v1:0",
      "exact",
    ],
    ["anthropic", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5", "family"],
    ["anthropic", "claude-opus-4-6[1m]", "anthropic/claude-opus-4-6", "exact"],
    ["groq", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b", "exact"],
    ["openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o", "exact"],
  ])("finds %s %s as %s (%s)", (provider, model, id, matchedBy) => {
    expect(cardOf(provider, model)).toMatchObject({ id, matchedBy });
  });

  test("keeps Bedrock's regions apart, since they have their own prices", () => {
    const arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/";
    const model = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    expect(pricesOf(cardOf("bedrock", `${arn}us.${model}`)).input).toBe(3.3);
    expect(pricesOf(cardOf("aws", `global.${model}`)).input).toBe(3);
  });

  test.each([
    ["openai", "gpt-5.2-proo"],
    ["openai", "gpt-5-nano-typo"],
    ["openai", "gpt-7"],
    ["openai", "gpt-4o-2027-01-01"],
    ["deepseek", "deepseek-chatt"],
    ["anthropic", "claude-sonet-4-5"],
    ["google", "gemini-3.6-flahs"],
    ["azure", "my-prod-deployment"],
    ["azure", "gpt-4o-prod-eastus"],
    ["azure", "my-o4-mini"],
    ["azure", "gpt-5-nano-sales"],
    ["azure", "claude-sonnet-4-5-sales"],
  ])("does not guess a price for %s %s", (provider, model) => {
    expect(reasonOf(provider, model)).toMatch(/no such model/);
  });

  test("never prices a fine-tune as its base", () => {
    expect(reasonOf("openai", "ft:gpt-4-0613:acme::abc")).toMatch(/fine-tune/);
    expect(reasonOf("openai", "ft:gpt-5:acme::abc")).toMatch(/fine-tune/);
  });

  test.each([
    ["x-ai", "grok-voice-latest", /audio_hours/],
    ["openai", "dall-e-3", /off its API/],
    ["openai", "omni-moderation-latest", /not its price/],
    ["openai", "gpt-4o-search-preview", /web searches/],
    ["openai", "gpt-4o-mini-search-preview-2025-03-11", /web searches/],
    ["openrouter", "openai/gpt-4o:online", /no such model/],
    ["openrouter", "openrouter/auto", /no such model/],
    ["azure", "deepseek-v4-pro", /disagree/],
    ["openai", "gpt-4o-audio-preview-2024-10-01", /audio price/],
    ["aws", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abcd", /ARN/],
    ["my-openai-proxy", "gpt-4o", /no provider "my-openai-proxy"/],
    ["", "gpt-4o", /names no provider/],
    ["openai", "", /names no provider or no model/],
    ["openai", "x".repeat(5_000), /too long/],
    ["openai", "__proto__", /no such model/],
    ["constructor", "gpt-4o", /no provider/],
  ])("says why %s %s has no price, instead of zero", (provider, model, reason) => {
    expect(reasonOf(provider, model)).toMatch(reason);
  });
});

test("a name with a long row of dates is nobody's at once, asked for or answered", () => {
  cardOf("openai", "gpt-4.1");
  const dates = `${"-2012-12-12".repeat(22)}!`;
  const begun = performance.now();
  const reason = reasonOf("anthropic", `claude-sonnet-4-5${dates}`);
  const body = { model: `gpt-4.1${dates}`, usage: { prompt_tokens: 1, completion_tokens: 1 } };
  const { receipt } = createPricing().costOfResponse({ provider: "openai", model: "gpt-4.1", body });
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect(reason).toMatch(/no such model/);
  expect(receipt).toMatchObject({ rateCard: { matchedBy: "asked" } });
});

test.each([
  ["perplexity/sonar-pro", /web searches/],
  ["perplexity/sonar-deep-research", /web searches/],
  ["openai/gpt-4o-search-preview", /web searches/],
  ["openai/gpt-5-image", /images/],
])(
  "of OpenRouter's %s the price is not all that it costs, so that only its own word is one",
  (model, reason) => {
    expect(reasonOf("openrouter", model)).toMatch(reason);
    const body = {
      model,
      usage: { prompt_tokens: 19, completion_tokens: 98, total_tokens: 117, cost: 0.036 },
    };
    expect(createPricing().costOfResponse({ provider: "openrouter", body })).toMatchObject({
      kind: "known",
      usd: "0.036",
    });
  },
);

describe("prices", () => {
  test("takes the price in force at the time asked for", () => {
    const july = cardOf("openai", "gpt-5.6-sol", new Date("2026-07-15T05:10:52Z"));
    const august = cardOf("openai", "gpt-5.6-sol", new Date("2026-08-21T00:00:00Z"));
    expect(pricesOf(july)).toMatchObject({ input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 30 });
    expect(july.asOf).toBeUndefined();
    expect(pricesOf(august)).toMatchObject({ input: 4, output: 20 });
    expect(august.asOf).toBe("2026-08-21");
    expect(pricesOf(cardOf("openai", "o3", new Date("2025-06-09T23:59:59Z"))).input).toBe(10);
    expect(reasonOfDate("gpt-5.6-sol")).toMatch(/not a date/);
  });

  test("knows of a dearer price that begins within the day", () => {
    expect(cardOf("openai", "gpt-5.6-sol").mayAlsoApply).toBeUndefined();
    const eve = cardOf("openai", "gpt-5.6-sol", new Date("2026-08-20T12:00:00Z"));
    expect(eve.mayAlsoApply?.map((rates) => rates.input?.picoUsd)).toEqual([4_000_000n]);
  });

  test("follows the hours of wflo's own rows, and the dearest of them bound a call", () => {
    const card = (time: string) => cardOf("deepseek", "deepseek-flash", new Date(time));
    const input = (time: string) => pricesOf(card(time)).input;
    expect(["00:59", "01:00", "03:59", "04:00"].map((time) => input(`2026-12-01T${time}Z`))).toEqual([
      0.15, 0.3, 0.3, 0.15,
    ]);
    expect(["05:59", "06:00", "09:59", "10:00"].map((time) => input(`2026-12-01T${time}Z`))).toEqual([
      0.15, 0.3, 0.3, 0.15,
    ]);
    expect(worstCase({ card: card("2026-12-01T12:00Z"), maxInputTokens: 1_000 })).toEqual({
      inputNanoUsd: 300_000n,
      outputPicoUsd: 1_200_000n,
    });
  });

  test("follows peak hours, but not before they were introduced", () => {
    const input = (time: string) => pricesOf(cardOf("deepseek", "deepseek-v4-flash", new Date(time))).input;
    expect(input("2026-09-01T00:59:59Z")).toBe(0.22);
    expect(input("2026-09-01T01:00:00Z")).toBe(0.44);
    expect(input("2026-09-01T05:00:00Z")).toBe(0.22);
    expect(input("2026-07-01T02:00:00Z")).toBe(0.14);
  });

  test("reads context tiers as thresholds of input tokens", () => {
    expect(cardOf("openai", "gpt-5.4").rates.input).toEqual({
      picoUsd: 2_500_000n,
      tiers: [{ aboveInputTokens: 271_999, picoUsd: 5_000_000n }],
    });
  });

  test.each([
    [
      "openai",
      "gpt-4o-audio-preview-2024-12-17",
      { input: 2.5, output: 10, inputAudio: 40, outputAudio: 80 },
    ],
    ["openai", "ft:gpt-4o-2024-08-06:acme::a", { input: 3.75, cachedInput: 1.875, output: 15 }],
    ["openai", "ft:gpt-4o-mini-2024-07-18:acme::a", { input: 0.3, cachedInput: 0.15, output: 1.2 }],
    ["openai", "ft:gpt-4.1-2025-04-14:acme::a", { input: 3, cachedInput: 0.75, output: 12 }],
    ["mistral", "mistral-large-latest", { input: 0.5, cachedInput: 0.05, output: 1.5 }],
    ["mistral", "mistral-small-latest", { input: 0.15, cachedInput: 0.015, output: 0.6 }],
    ["deepseek", "deepseek-chat", { input: 0.28, cachedInput: 0.028, output: 0.42 }],
    ["deepseek", "deepseek-reasoner", { input: 0.28, cachedInput: 0.028, output: 0.42 }],
    ["vertex", "gemini-2.0-flash-001", { input: 0.15, output: 0.6, inputAudio: 1 }],
  ])("lets wflo's own rows win for %s %s", (provider, model, prices) => {
    const card = cardOf(provider, model);
    expect(pricesOf(card)).toEqual(prices);
    expect(card.source).toMatch(/overlay/);
    expect(card.mayAlsoApply).toBeUndefined();
  });

  test("takes DeepSeek's prices from the hour they began", () => {
    const input = (time: string) => pricesOf(cardOf("deepseek", "deepseek-chat", new Date(time))).input;
    expect(input("2025-09-05T15:59:59Z")).toBe(0.27);
    expect(input("2025-09-05T16:00:00Z")).toBe(0.56);
    expect(input("2025-09-29T00:00:00Z")).toBe(0.28);
  });

  test("keeps the catalogue's price before the day of a row", () => {
    const card = cardOf("mistral", "mistral-small-latest", new Date("2026-02-01T00:00:00Z"));
    expect(pricesOf(card)).toEqual({ input: 0.1, output: 0.3 });
    expect(card.source).toBe("genai-prices@0.1.8");
  });
});

describe("sizes", () => {
  test.each([
    ["openai", "gpt-4o", 128_000, 16_384],
    ["openai", "gpt-4o-2024-05-13", 128_000, 4_096],
    ["openai", "gpt-4.1-nano-2025-04-14", 1_047_576, 32_768],
    ["azure", "o4-mini", 200_000, 100_000],
    ["openai", "gpt-5.5", 1_050_000, 128_000],
    ["openai", "gpt-5-pro", 400_000, undefined],
    ["openai", "gpt-5-2025-08-07", 400_000, 128_000],
    ["openai", "gpt-5-chat-latest", 400_000, 16_384],
    ["groq", "openai/gpt-oss-120b", 131_072, undefined],
    ["google", "gemini-2.5-pro", 1_048_576, undefined],
    ["google", "models/gemini-2.5-flash-lite-preview-09-2025", 1_048_576, undefined],
    ["google", "gemini-3.1-pro-preview", 1_048_576, undefined],
    ["google", "gemini-3.8-flash", 1_048_576, undefined],
    ["google-vertex", "google/gemini-2.0-flash-001", 1_048_576, undefined],
    ["google", "gemini-2.5-flash-preview-tts", 8_192, undefined],
  ])("gives %s %s a window of %s and at most %s output tokens", (provider, model, window, output) => {
    const { contextWindow, maxOutputTokens } = cardOf(provider, model);
    expect({ contextWindow, maxOutputTokens }).toEqual({ contextWindow: window, maxOutputTokens: output });
  });
});

test("holds a bounded number of models, whatever names callers come up with", () => {
  const own = createCatalogue({ "openai/mine": { input: "1" } });
  for (let index = 0; index < 2_000; index += 1) own.find({ provider: "nobody", model: `m${index}` });
  expect(own.find({ provider: "openai", model: "mine" })).toMatchObject({ source: "user" });
  expect(own.find({ provider: "nobody", model: "m0" })).toMatchObject({ unknown: true });
});

function reasonOfDate(model: string): string {
  const card = catalogue.find({ provider: "openai", model, at: new Date("never") });
  return "unknown" in card ? card.reason : "known";
}

describe("a model without a price", () => {
  const pricing = createPricing();
  const usage = { inputTokens: 1, outputTokens: 1 };
  test.each<[string, string, RegExp, RegExp]>([
    ["openai", "gpt-5.2-proo", /did you mean gpt-5\.2-pro\?/, /"openai\/gpt-5\.2-proo": \{ input/],
    ["google", "gemini-3.6-flahs", /did you mean gemini-3\.6-flash\?/, /"google\/gemini-3\.6-flahs"/],
    ["anthropic", "claude-sonet-4-5", /did you mean claude-sonnet-4-5\?/, /"anthropic\/claude-sonet-4-5"/],
    ["openai", "gpt-4o-2027-01-01", /no such model/, /"openai\/gpt-4o-2027-01-01"/],
    ["azure", "my-prod-deployment", /no such model/, /"azure\/my-prod-deployment": \{ like: /],
    ["openai", "ft:gpt-5:acme::x", /no price for this fine-tune/, /\{ like: /],
    ["azure", "DeepSeek-R1", /not Azure's/, /"azure\/DeepSeek-R1": \{ like: /],
    ["nobody", "x", /no provider "nobody"/, /"nobody\/x": \{ input/],
  ])("%s %s is told why and what to write", (provider, model, reason, fix) => {
    const cost = pricing.cost({ provider, model, usage });
    expect(cost).toMatchObject({ kind: "unknown", usd: undefined });
    expect((cost as { readonly reason: string }).reason).toMatch(reason);
    expect(cost.fix).toMatch(fix);
    expect(createCatalogue({ [`${provider}/${model}`]: { input: "1" } })).toBeDefined();
  });

  test("something that was used without a rate is told what to write, and that helps", () => {
    const fees = [{ meter: "map_tiles", count: 2 }];
    const ask = { provider: "openai", model: "gpt-4.1", usage: { ...usage, fees } };
    const cost = pricing.cost(ask);
    expect(cost.fix).toBe(
      'Give it a price: createWflo({ prices: { "openai/gpt-4.1": { input: "1.00", output: "4.00", fees: { map_tiles: "0.01" } } } }).',
    );
    const own = createPricing({
      "openai/gpt-4.1": { input: "1.00", output: "4.00", fees: { map_tiles: "0.01" } },
    });
    expect(own.cost(ask)).toMatchObject({ kind: "known", usd: "0.020005", fix: undefined });
  });
});

test.each([
  ["gpt-4.1", "openai/gpt-4.1"],
  ["claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"],
  ["gemini-2.5-flash", "google/gemini-2.5-flash"],
  ["grok-4", "x-ai/grok-4-0709"],
])("%s needs no provider: only its maker has it under this name", (model, id) => {
  const cost = createPricing().cost({ model, usage: { inputTokens: 1, outputTokens: 0 } });
  expect(cost.receipt).toMatchObject({ rateCard: { id } });
});

test.each(["openai/gpt-oss-120b", "llama-3.3-70b-versatile", "deepseek-chat"])(
  "%s has many hosts: without a provider its price is unknown",
  (model) => {
    expect(createPricing().cost({ model, usage: { inputTokens: 1, outputTokens: 0 } }).kind).toBe("unknown");
  },
);

test("a model behind Vercel's gateway costs what its maker asks", () => {
  expect(cardOf("vercel", "openai/gpt-4.1").rates).toEqual(cardOf("openai", "gpt-4.1").rates);
  expect(cardOf("ai-gateway", "xai/grok-4").id).toBe(cardOf("x-ai", "grok-4").id);
  expect(catalogue.find({ provider: "vercel", model: "gpt-4.1" })).toMatchObject({ unknown: true });
});
