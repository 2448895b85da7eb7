import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCatalogue } from "../rates/catalogue.ts";
import type { Cost } from "./cost.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import { createPricing } from "../pricing.ts";
import type { Meter, Rate, RateCard } from "../rates/rate-card.ts";
import type { Usage } from "../usage/usage.ts";

const pricing = createPricing();
const at = new Date("2026-09-23T12:00:00Z");

function cost(model: string, usage: Usage, serviceTier?: string): Cost {
  return pricing.cost({
    provider: "openai",
    model,
    usage,
    at,
    ...(serviceTier === undefined ? {} : { serviceTier }),
  });
}

describe("cost", () => {
  test.each<[string, Usage, bigint, string?]>([
    ["gpt-4.1-nano", { inputTokens: 333, outputTokens: 77 }, 64_100n],
    ["gpt-4o", { inputTokens: 1_000_000, cachedInputTokens: 1_000_000, outputTokens: 0 }, 1_250_000_000n],
    ["o3-mini", { inputTokens: 11, outputTokens: 809, reasoningTokens: 768 }, 3_571_700n],
    ["text-embedding-3-small", { inputTokens: 2, outputTokens: 0 }, 40n],
    ["gpt-5-nano", { inputTokens: 1, cachedInputTokens: 1, outputTokens: 0 }, 5n],
    ["gpt-5-nano", { inputTokens: 1, cachedInputTokens: 1, outputTokens: 0 }, 3n, "flex"],
    ["gpt-5", { inputTokens: 53, outputTokens: 469 }, 2_378_125n, "flex"],
    ["gpt-5", { inputTokens: 53, outputTokens: 469 }, 4_756_250n, "default"],
    ["o4-mini", { inputTokens: 3, cachedInputTokens: 3, outputTokens: 0 }, 413n, "batch"],
    ["gpt-5.6-sol", { inputTokens: 100, cacheWriteTokens: 100, outputTokens: 0 }, 500_000n],
    ["gpt-5.4", { inputTokens: 271_999, outputTokens: 1 }, 680_012_500n],
    ["gpt-5.4", { inputTokens: 272_000, cachedInputTokens: 272_000, outputTokens: 1 }, 136_022_500n],
    ["gpt-4o-audio-preview", { inputTokens: 64, inputAudioTokens: 44, outputTokens: 9 }, 1_900_000n],
    ["gpt-4o-audio-preview", { inputTokens: 0, outputTokens: 10, outputAudioTokens: 8 }, 660_000n],
    // No cached rate on the card: the input rate is what it can cost at most.
    ["gpt-5-pro", { inputTokens: 10, cachedInputTokens: 10, outputTokens: 0 }, 150_000n],
    ["gpt-5", { inputTokens: 0, outputTokens: 0, fees: [{ meter: "web_search", count: 2 }] }, 20_000_000n],
    ["gpt-5", { inputTokens: 0, outputTokens: 0, fees: [{ meter: "file_search", count: 1 }] }, 2_500_000n],
    ["gpt-5", { inputTokens: 0, outputTokens: 0, fees: [{ meter: "container", count: 1 }] }, 30_000_000n],
    // A second of whisper-1 is a ten-thousandth of a dollar; a million characters of tts-1 are $15.
    [
      "whisper-1",
      { inputTokens: 0, outputTokens: 0, fees: [{ meter: "audioSeconds", count: 61 }] },
      6_100_000n,
    ],
    [
      "gpt-transcribe",
      { inputTokens: 0, outputTokens: 0, fees: [{ meter: "audioSeconds", count: 60 }] },
      4_500_000n,
    ],
    [
      "tts-1",
      { inputTokens: 0, outputTokens: 0, fees: [{ meter: "characters", count: 4_096 }] },
      61_440_000n,
    ],
    [
      "tts-1-hd-1106",
      { inputTokens: 0, outputTokens: 0, fees: [{ meter: "characters", count: 1 }] },
      30_000n,
    ],
    // 10 text tokens at $5, 300 of an image at $10, 1,056 made at $40.
    [
      "gpt-image-1",
      { inputTokens: 310, inputImageTokens: 300, outputTokens: 1_056, outputImageTokens: 1_056 },
      45_290_000n,
    ],
    ["gpt-image-1-mini", { inputTokens: 10, outputTokens: 1_056, outputImageTokens: 1_056 }, 8_468_000n],
    // Text that an image model writes costs less than the image: 4 at $10, 1,056 at $32.
    ["gpt-image-1.5", { inputTokens: 0, outputTokens: 1_060, outputImageTokens: 1_056 }, 33_832_000n],
    ["gpt-image-2", { inputTokens: 8, outputTokens: 7_024, outputImageTokens: 7_024 }, 210_760_000n],
    // Images sent to a model of text cost what text does.
    ["gpt-4o", { inputTokens: 1_000, inputImageTokens: 900, outputTokens: 0 }, 2_500_000n],
    ["gpt-5.2", { inputTokens: 1_000, outputTokens: 1_000 }, 7_875_000n, "batch"],
    ["text-embedding-3-small", { inputTokens: 1_000_000, outputTokens: 0 }, 10_000_000n, "batch"],
    // Fees have no flex price.
    [
      "gpt-5",
      { inputTokens: 0, outputTokens: 0, fees: [{ meter: "web_search", count: 1 }] },
      10_000_000n,
      "flex",
    ],
  ])("of %s for %j is exact", (model, usage, nanoUsd, serviceTier) => {
    expect(cost(model, usage, serviceTier)).toMatchObject({ kind: "known", nanoUsd });
  });

  test("never takes reasoning a second time", () => {
    const usage = { inputTokens: 10, outputTokens: 100 };
    expect(cost("gpt-5", { ...usage, reasoningTokens: 90 })).toEqual(cost("gpt-5", usage));
  });

  test.each([
    ["google", "gemini-2.5-flash-preview-tts", "0.00301"],
    ["google", "gemini-2.5-pro-preview-tts", "0.00602"],
    ["google-vertex", "gemini-2.5-flash-tts", "0.00301"],
  ])("of what %s's %s says is known", (provider, modelVersion, usd) => {
    const usageMetadata = {
      promptTokenCount: 20,
      candidatesTokenCount: 300,
      totalTokenCount: 320,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 20 }],
      candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 300 }],
    };
    const body = { modelVersion, usageMetadata };
    expect(pricing.costOfResponse({ provider, body })).toMatchObject({ kind: "known", usd });
  });

  test("takes the thoughts of Perplexity's deep research, which stand outside its output", () => {
    // Its docs' example; 33 x 2 + 7,163 x 8 + 20,016 x 2 + 73,997 x 3 millionths, and 18 x 5 thousandths.
    const usage = {
      prompt_tokens: 33,
      completion_tokens: 7_163,
      total_tokens: 7_196,
      citation_tokens: 20_016,
      num_search_queries: 18,
      reasoning_tokens: 73_997,
    };
    const body = { model: "sonar-deep-research", usage };
    const of = (told: object) =>
      pricing.costOfResponse({ provider: "perplexity", body: { ...body, usage: told } });
    expect(of(usage)).toMatchObject({ kind: "known", usd: "0.409393" });
    expect(of({ ...usage, reasoning_tokens: 4_000 })).toMatchObject({ kind: "known", usd: "0.199402" });
  });

  test("is a lower bound where something used has no price, and says what", () => {
    const usage = { inputTokens: 100, outputTokens: 100 };
    const missing = (model: string, extra: Partial<Usage>) => {
      const result = cost(model, { ...usage, ...extra });
      return result.kind === "lowerBound" ? result.missing : result;
    };
    expect(missing("gpt-4o", { inputAudioTokens: 50 })).toEqual(["inputAudio"]);
    expect(missing("gpt-4o", { outputAudioTokens: 50 })).toEqual(["outputAudio"]);
    expect(missing("gpt-4o", { cacheWriteTokens: 50 })).toEqual(["cacheWrite"]);
    expect(missing("gpt-4o", { outputImageTokens: 50 })).toEqual(["outputImage"]);
    expect(missing("gpt-4o", { fees: [{ meter: "audioSeconds", count: 1 }] })).toEqual(["audioSeconds"]);
    expect(missing("text-embedding-3-small", {})).toEqual(["output"]);
    expect(missing("gpt-5", { fees: [{ meter: "image_generation", count: 1 }] })).toEqual([
      "image_generation",
    ]);
    expect(missing("gpt-5", { fees: [{ meter: "image_generation", count: 0 }] })).toMatchObject({
      kind: "known",
    });
    // The part without a rate still counts at the text rate.
    expect(cost("gpt-4o", { ...usage, inputAudioTokens: 50 })).toMatchObject({ nanoUsd: 1_250_000n });
  });

  test("of OpenAI's tools is not charged at another provider's models", () => {
    const usage = { inputTokens: 0, outputTokens: 0, fees: [{ meter: "web_search", count: 1 }] };
    expect(pricing.cost({ provider: "azure", model: "gpt-5", usage })).toMatchObject({
      kind: "unknown",
      reason: "azure/gpt-5 has no price for web_search",
    });
  });

  test.each([
    ["gpt-5-pro", "priority"],
    ["gpt-5.6-sol", "ultrafast"],
    ["gpt-4o", "flex"],
    ["gpt-5-pro", "flex"],
  ])("of %s at tier %s, whose price nobody told, is the list price at least", (model, tier) => {
    const usage = { inputTokens: 1_000, outputTokens: 1_000 };
    const list = cost(model, usage);
    expect(cost(model, usage, tier)).toMatchObject({
      kind: "lowerBound",
      nanoUsd: list.kind === "known" ? list.nanoUsd : -1n,
      missing: [`the service tier "${tier}"`],
    });
  });

  test.each<[string, Partial<Usage>, string, bigint]>([
    ["the bill where it is more, as for a search", { reportedPicoUsd: 43_600_000_000 }, "known", 43_600_000n],
    ["the price where the bill is less", { reportedPicoUsd: 1_000 }, "known", 900_000n],
    ["the price where nothing was billed", { reportedPicoUsd: 0 }, "known", 900_000n],
    [
      "the bill, also for what has no price",
      { reportedPicoUsd: 2_000_000_000, fees: [{ meter: "x", count: 1 }] },
      "known",
      2_000_000n,
    ],
    [
      "the bill, also where the counts overlap",
      { reportedPicoUsd: 7_000, cachedInputTokens: 4_000, cacheWriteTokens: 4_000 },
      "known",
      7n,
    ],
  ])("at OpenRouter is %s", (_, extra, kind, nanoUsd) => {
    const usage = { inputTokens: 5_000, outputTokens: 1_000, ...extra };
    const model = "openai/gpt-4.1-nano";
    expect(pricing.cost({ provider: "openrouter", model, usage, at })).toMatchObject({ kind, nanoUsd });
  });

  test("is not what another server calls the cost, since nobody knows in what it counts", () => {
    const usage = { inputTokens: 1_000, outputTokens: 0, reportedPicoUsd: 15_000_000_000_000 };
    expect(cost("gpt-4.1-nano", usage)).toMatchObject({ kind: "known", nanoUsd: 100_000n });
  });

  test("at a price of your own holds at every tier", () => {
    const own = createPricing({ "openai/gpt-5": { input: "1", output: "2" } });
    const usage = { inputTokens: 1_000, outputTokens: 1_000 };
    for (const serviceTier of ["default", "flex", "priority"]) {
      expect(own.cost({ provider: "openai", model: "gpt-5", usage, serviceTier })).toMatchObject({
        nanoUsd: 3_000_000n,
      });
    }
  });

  test("is unknown for counts that cannot be right", () => {
    expect(cost("gpt-4o", { inputTokens: 1.5, outputTokens: 0 })).toMatchObject({ kind: "unknown" });
    expect(cost("gpt-4o", { inputTokens: -1, outputTokens: 0 })).toMatchObject({ kind: "unknown" });
    // OpenRouter has sent 2,161 cached and 2,161 written of 2,168.
    const tooMany = { inputTokens: 0, outputTokens: 10, outputAudioTokens: 6, outputImageTokens: 6 };
    expect(cost("gpt-image-1", tooMany)).toMatchObject({ reason: expect.stringMatching(/output/) as string });
    const overlap = {
      inputTokens: 2_168,
      cachedInputTokens: 2_161,
      cacheWriteTokens: 2_161,
      outputTokens: 1,
    };
    expect(cost("gpt-5.6-sol", overlap)).toMatchObject({
      kind: "unknown",
      reason: expect.stringMatching(/add up/) as string,
    });
  });

  test("is unknown for a model that is not billed by tokens, when only tokens were told", () => {
    for (const model of ["whisper-1", "tts-1"]) {
      expect(cost(model, { inputTokens: 100, outputTokens: 100 })).toMatchObject({
        kind: "unknown",
        reason: expect.stringContaining("is billed by") as string,
      });
    }
    const seconds = { inputTokens: 0, outputTokens: 0, fees: [{ meter: "audioSeconds", count: 1 }] };
    expect(cost("tts-1", seconds)).toMatchObject({ kind: "unknown" });
  });

  test("of images that Gemini makes is that of their own tokens", () => {
    const usage = { inputTokens: 10, outputTokens: 1_304, outputImageTokens: 1_290 };
    expect(pricing.cost({ provider: "google", model: "gemini-2.5-flash-image", usage, at })).toMatchObject({
      kind: "known",
      nanoUsd: 38_738_000n,
    });
  });

  test("is unknown for an unknown model, never zero", () => {
    expect(cost("gpt-5.2-proo", { inputTokens: 1, outputTokens: 1 })).toMatchObject({ kind: "unknown" });
  });
});

describe("arithmetic", () => {
  const rate: fc.Arbitrary<Rate> = fc.record({
    picoUsd: fc.bigInt({ min: 0n, max: 10n ** 10n }),
    tiers: fc
      .uniqueArray(
        fc.record({ aboveInputTokens: fc.nat(2_000_000), picoUsd: fc.bigInt({ min: 0n, max: 10n ** 10n }) }),
        {
          maxLength: 3,
          selector: (tier) => tier.aboveInputTokens,
        },
      )
      .map((tiers) => tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens)),
  });
  const optional = fc.option(rate, { nil: undefined });
  const part = fc.nat(500_000);

  test("equals exact fractions of a dollar, rounded up once, for any usage and any card", () => {
    fc.assert(
      fc.property(
        fc.record({
          input: rate,
          output: rate,
          cachedInput: optional,
          cacheWrite: rate,
          inputAudio: rate,
          outputAudio: rate,
          inputImage: optional,
          outputImage: rate,
        }),
        fc.tuple(part, part, part, part, part, part, part, part),
        fc.boolean(),
        (given, [plain, cached, written, audio, text, spoken, seen, drawn], flex) => {
          const { cachedInput, inputImage, ...others } = given;
          const rates: Partial<Record<Meter, Rate>> = {
            ...others,
            ...(cachedInput ? { cachedInput } : {}),
            ...(inputImage ? { inputImage } : {}),
          };
          const card: RateCard = {
            id: "openai/o3",
            provider: "openai",
            model: "o3",
            source: "test",
            matchedBy: "exact",
            rates,
          };
          const inputTokens = plain + cached + written + audio + seen;
          const usage = {
            inputTokens,
            cachedInputTokens: cached,
            cacheWriteTokens: written,
            inputAudioTokens: audio,
            inputImageTokens: seen,
            outputTokens: text + spoken + drawn,
            outputAudioTokens: spoken,
            outputImageTokens: drawn,
          };
          const parts: [Meter, number][] = [
            ["input", plain],
            ["cachedInput", cached],
            ["cacheWrite", written],
            ["inputAudio", audio],
            ["output", text],
            ["outputAudio", spoken],
            ["inputImage", seen],
            ["outputImage", drawn],
          ];
          // Dollars as a fraction over 10^18, by another road: tiers from the top, one division at the end.
          let dollars = 0n;
          for (const [meter, count] of parts) {
            const used = rates[meter] ?? given.input;
            const tier = used.tiers.toReversed().find((one) => inputTokens >= one.aboveInputTokens + 1);
            const listed = tier?.picoUsd ?? used.picoUsd;
            const perToken = flex ? listed / 2n + (listed % 2n) : listed;
            dollars += perToken * 1_000_000n * BigInt(count);
          }
          const perNano = 10n ** 9n;
          const expected = dollars / perNano + (dollars % perNano === 0n ? 0n : 1n);
          const result = costOfUsage({ card, usage, serviceTier: flex ? "flex" : undefined });
          expect(result).toMatchObject({ kind: "known", nanoUsd: expected });
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test("has no half pico-dollar to round at any flex price in the catalogue", () => {
    const catalogue = createCatalogue();
    for (const model of [
      "o3",
      "o4-mini",
      "gpt-5",
      "gpt-5-mini",
      "gpt-5-nano",
      "gpt-5.4",
      "gpt-5.4-mini",
      "gpt-5.4-nano",
      "gpt-5.5",
      "gpt-5.6-luna",
      "gpt-5.6-sol",
      "gpt-5.6-terra",
    ]) {
      const card = catalogue.find({ provider: "openai", model, at });
      if ("unknown" in card) throw new Error(model);
      for (const { picoUsd, tiers } of Object.values(card.rates)) {
        expect([picoUsd, ...tiers.map((tier) => tier.picoUsd)].every((pico) => pico % 2n === 0n)).toBe(true);
      }
    }
  });
});
