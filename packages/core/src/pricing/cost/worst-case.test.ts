import fc from "fast-check";
import { expect, test } from "vitest";
import { createCatalogue } from "../rates/catalogue.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import type { RateCard } from "../rates/rate-card.ts";
import { worstCase } from "./worst-case.ts";

const catalogue = createCatalogue({ "my/free": { input: 0, output: 0 } });

function cardOf(provider: string, model: string, time = "2026-09-23T12:00:00Z"): RateCard {
  const card = catalogue.find({ provider, model, at: new Date(time) });
  if ("unknown" in card) throw new Error(card.reason);
  return card;
}

test.each([
  ["openai", "gpt-4o", 1_000, 2_500_000n, 10_000_000n],
  // A cache write may cost more than input does.
  ["openai", "gpt-5.6-sol", 1_000, 5_000_000n, 20_000_000n],
  ["openai", "gpt-5.4", 271_999, 679_997_500n, 15_000_000n],
  ["openai", "gpt-5.4", 272_000, 1_360_000_000n, 22_500_000n],
  // Nothing in the request says that its tokens are not audio.
  ["openai", "gpt-4o-audio-preview", 1_000, 40_000_000n, 80_000_000n],
  ["openai", "text-embedding-3-small", 1_000, 20_000n, 0n],
  // Nor that it is not an image.
  ["openai", "gpt-image-1", 1_000, 10_000_000n, 40_000_000n],
  ["openai", "gpt-image-1.5", 1_000, 8_000_000n, 32_000_000n],
  ["google", "gemini-2.5-flash-image", 1_000, 300_000n, 30_000_000n],
  ["openrouter", "google/gemini-2.5-flash-image", 1_000, 300_000n, 30_000_000n],
  ["openrouter", "google/gemini-3-pro-image-preview", 1_000, 2_000_000n, 120_000_000n],
  ["openrouter", "google/gemini-3.1-flash-image-preview", 1_000, 500_000n, 60_000_000n],
  // Outside peak hours, but they may begin before the answer does.
  ["deepseek", "deepseek-v4-flash", 1_000_000, 440_000_000n, 1_320_000n],
  ["my", "free", 1_000, 0n, 0n],
])(
  "takes the dearest rate of %s %s at %d tokens",
  (provider, model, maxInputTokens, inputNanoUsd, outputPicoUsd) => {
    expect(worstCase({ card: cardOf(provider, model), maxInputTokens })).toEqual({
      inputNanoUsd,
      outputPicoUsd,
    });
  },
);

test("counts on the old price until the day after a cut, and on the new one the day before a rise", () => {
  const input = (time: string) =>
    worstCase({ card: cardOf("openai", "gpt-5.6-sol", time), maxInputTokens: 1_000 });
  expect(input("2026-08-20T23:59:59Z")).toMatchObject({ inputNanoUsd: 6_250_000n });
  expect(input("2026-08-21T00:00:00Z")).toMatchObject({ inputNanoUsd: 5_000_000n });
  const gemini = (time: string) =>
    worstCase({ card: cardOf("google", "gemini-3.6-flash", time), maxInputTokens: 1_000_000 });
  expect(gemini("2026-12-30T00:00:00Z")).toMatchObject({ inputNanoUsd: 750_000_000n });
  expect(gemini("2026-12-31T12:00:00Z")).toMatchObject({ inputNanoUsd: 1_500_000_000n });
});

test("holds the list price for a discounted tier, which the provider may not grant", () => {
  const card = cardOf("openai", "gpt-5");
  expect(worstCase({ card, maxInputTokens: 100, serviceTier: "flex" })).toEqual(
    worstCase({ card, maxInputTokens: 100 }),
  );
  expect(worstCase({ card, maxInputTokens: 100, serviceTier: "auto" })).toEqual(
    worstCase({ card, maxInputTokens: 100 }),
  );
});

test.each([
  ["openai", "gpt-5.4", "endpoint:regional", "flex"],
  ["anthropic", "claude-opus-5", "inference_geo:us", "batch"],
  ["anthropic", "claude-opus-5", "speed:fast", "batch"],
])(
  "holds the dearer price of %s %s by its %s also with a discounted tier",
  (provider, model, dearer, tier) => {
    const asked = { card: cardOf(provider, model), maxInputTokens: 100, modifiers: [dearer] };
    expect(worstCase({ ...asked, serviceTier: tier })).toEqual(worstCase(asked));
  },
);

test("has no bound for a tier without a price", () => {
  const reason = expect.stringContaining("priority") as string;
  expect(
    worstCase({ card: cardOf("openai", "gpt-5-pro"), maxInputTokens: 1, serviceTier: "priority" }),
  ).toEqual({
    unknown: true,
    reason,
  });
});

test("has no bound for a model that is billed by the second or the character", () => {
  for (const model of ["whisper-1", "tts-1"]) {
    expect(worstCase({ card: cardOf("openai", model), maxInputTokens: 1_000 })).toMatchObject({
      unknown: true,
      reason: expect.stringContaining("hold") as string,
    });
  }
});

test("is never below what any usage within it costs", () => {
  const models = [
    "gpt-4o",
    "gpt-5.4",
    "gpt-5.6-sol",
    "gpt-4o-audio-preview",
    "o3",
    "gpt-5-pro",
    "gpt-image-1.5",
    "gpt-image-2",
    "ft:gpt-4.1-2025-04-14:a::b",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.tuple(
        fc.nat(200_000),
        fc.nat(200_000),
        fc.nat(200_000),
        fc.nat(200_000),
        fc.nat(50_000),
        fc.nat(50_000),
        fc.nat(50_000),
        fc.nat(50_000),
      ),
      (model, [plain, cached, written, audio, text, spoken, seen, drawn]) => {
        const card = cardOf("openai", model);
        const usage = {
          inputTokens: plain + cached + written + audio + seen,
          cachedInputTokens: cached,
          cacheWriteTokens: written,
          inputAudioTokens: audio,
          inputImageTokens: seen,
          outputTokens: text + spoken + drawn,
          outputAudioTokens: spoken,
          outputImageTokens: drawn,
        };
        const bound = worstCase({ card, maxInputTokens: usage.inputTokens });
        const cost = costOfUsage({ card, usage });
        if ("unknown" in bound || cost.kind === "unknown") throw new Error("no price");
        const whole = bound.inputNanoUsd * 1_000n + bound.outputPicoUsd * BigInt(usage.outputTokens);
        expect(cost.nanoUsd * 1_000n - 999n <= whole).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a dearer tier or speed counts at its price, a cheaper one at the list price, since another may serve", () => {
  const card = cardOf("openai", "gpt-5");
  const list = worstCase({ card, maxInputTokens: 1_000 });
  expect(worstCase({ card, maxInputTokens: 1_000, serviceTier: "flex" })).toEqual(list);
  expect(worstCase({ card, maxInputTokens: 1_000, serviceTier: "priority" })).toEqual({
    inputNanoUsd: 2_500_000n,
    outputPicoUsd: 20_000_000n,
  });
  const opus = cardOf("anthropic", "claude-opus-5");
  expect(worstCase({ card: opus, maxInputTokens: 1_000, modifiers: ["speed:fast"] })).toEqual({
    inputNanoUsd: 12_500_000n,
    outputPicoUsd: 50_000_000n,
  });
});

test("a fee for each request is in the bound, at its dearest", () => {
  expect(worstCase({ card: cardOf("perplexity", "sonar"), maxInputTokens: 0 })).toMatchObject({
    inputNanoUsd: 12_000_000n,
  });
});
