import { describe, expect, test } from "vitest";
import { InvalidAmountError } from "../../errors/invalid-amount-error.ts";
import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import { createPricing } from "../pricing.ts";
import { createCatalogue, type PriceTable } from "./catalogue.ts";
import type { PriceOptions } from "./price-options.ts";

const at = new Date("2026-09-23T12:00:00Z");

describe("prices of your own", () => {
  test("win over every list, under any spelling of the model", () => {
    const catalogue = createCatalogue({
      "xai/Grok-4": { input: "1.25", output: 2, cachedInput: 0, maxOutputTokens: 900 },
    });
    const card = catalogue.find({ provider: "x-ai", model: "xai/grok-4" });
    expect(card).toEqual({
      id: "x-ai/grok-4",
      provider: "x-ai",
      model: "grok-4",
      source: "user",
      matchedBy: "user",
      contextWindow: 256_000,
      maxOutputTokens: 900,
      rates: {
        input: { picoUsd: 1_250_000n, tiers: [] },
        output: { picoUsd: 2_000_000n, tiers: [] },
        cachedInput: { picoUsd: 0n, tiers: [] },
      },
    });
  });

  test("have audio and images apart, where those have prices of their own", () => {
    const rates = { input: 1, output: 2, inputAudio: 3, outputAudio: 4, inputImage: 5, outputImage: 6 };
    const card = createCatalogue({ "my/media": rates }).find({ provider: "my", model: "media" });
    const read = "rates" in card ? Object.entries(card.rates) : [];
    expect(read.map(([meter, { picoUsd }]) => [meter, Number(picoUsd) / 1e6])).toEqual(Object.entries(rates));
  });

  test("price what no catalogue can: free variants, deployments, a provider of your own", () => {
    const catalogue = createCatalogue({
      "openrouter/deepseek/deepseek-chat-v3.1:free": { input: 0, output: 0 },
      "azure/my-prod": { like: "openai/gpt-4o" },
      "azure/alias": { like: "azure/my-prod" },
      "my-proxy/llama": { input: "0.1" },
    });
    const find = (provider: string, model: string) => catalogue.find({ provider, model, at });
    expect(find("openrouter", "deepseek/deepseek-chat-v3.1:free")).toMatchObject({
      rates: { input: { picoUsd: 0n } },
    });
    expect(find("azure", "my-prod")).toMatchObject({
      id: "openai/gpt-4o",
      matchedBy: "user",
      maxOutputTokens: 16_384,
    });
    expect(find("azure", "alias")).toMatchObject({ id: "openai/gpt-4o", source: "genai-prices@0.1.8" });
    expect(find("my-proxy", "llama")).toMatchObject({ id: "my-proxy/llama", source: "user" });
    expect(find("my-proxy", "other")).toMatchObject({ unknown: true });
  });

  test("may be as low as any that is listed, and nothing", () => {
    const catalogue = createCatalogue({ "my/x": { input: "0.001", cachedInput: 0.0022, output: "0" } });
    expect(catalogue.find({ provider: "my", model: "x" })).toMatchObject({
      rates: { input: { picoUsd: 1_000n }, cachedInput: { picoUsd: 2_200n }, output: { picoUsd: 0n } },
    });
  });

  test("of another model follow that model's price through time", () => {
    const catalogue = createCatalogue({ "azure/sol": { like: "openai/gpt-5.6-sol" } });
    const input = (time: string) => {
      const card = catalogue.find({ provider: "azure", model: "sol", at: new Date(time) });
      return "unknown" in card ? undefined : card.rates.input?.picoUsd;
    };
    expect(input("2026-07-15T00:00:00Z")).toBe(5_000_000n);
    expect(input("2026-09-15T00:00:00Z")).toBe(4_000_000n);
  });
});

describe("a mistake in the table throws at once and names the key", () => {
  test.each<[string, unknown, typeof InvalidOptionError | typeof InvalidAmountError, RegExp]>([
    ["no provider", { "gpt-4o": { input: 1 } }, InvalidOptionError, /prices\["gpt-4o"\].*provider\/model/],
    ["no object", { "openai/x": "1.00" }, InvalidOptionError, /prices\["openai\/x"\] must be/],
    ["no input", { "openai/x": { output: 1 } }, InvalidOptionError, /prices\["openai\/x"\] needs input/],
    [
      "a misspelt field",
      { "openai/x": { input: 1, ouput: 2 } },
      InvalidOptionError,
      /prices\["openai\/x"\].*ouput/,
    ],
    ["a negative price", { "openai/x": { input: -1 } }, InvalidAmountError, /prices\["openai\/x"\]\.input/],
    [
      "a list of fees",
      { "my/x": { input: 1, fees: ["0.01"] } },
      InvalidOptionError,
      /fees must be dollars by/,
    ],
    [
      "the price of one token",
      { "openai/x": { input: 0.0000025, output: "0.00001" } },
      InvalidAmountError,
      /\.input takes dollars per million tokens, and this reads like the price of one: write "2\.50"/,
    ],
    [
      "the price of one token of a long request",
      { "openai/x": { input: 1, long: { aboveInputTokens: 9, input: 6e-4 } } },
      InvalidAmountError,
      /\.long\.input takes .*: write "600\.00"/,
    ],
    ["a price in words", { "openai/x": { input: 1, output: "free" } }, InvalidAmountError, /\.output/],
    ["a NaN price", { "openai/x": { input: Number.NaN } }, InvalidAmountError, /\.input/],
    [
      "a price of long requests without one of others",
      { "my/x": { input: 1, output: 2, long: { aboveInputTokens: 9, input: 2, cachedInput: 0.4 } } },
      InvalidOptionError,
      /prices\["my\/x"\]\.long\.cachedInput needs cachedInput beside long/,
    ],
    [
      "half a token",
      { "openai/x": { input: 1, maxOutputTokens: 0.5 } },
      InvalidOptionError,
      /\.maxOutputTokens/,
    ],
    ["no window", { "openai/x": { input: 1, contextWindow: 0 } }, InvalidOptionError, /\.contextWindow/],
    [
      "the same model twice",
      { "xai/m": { input: 1 }, "x-ai/m": { input: 2 } },
      InvalidOptionError,
      /same model/,
    ],
    [
      "like and more",
      { "azure/x": { like: "openai/gpt-4o", input: 1 } },
      InvalidOptionError,
      /like stands alone/,
    ],
    [
      "like of nothing",
      { "azure/x": { like: "openai/gpt-99" } },
      InvalidOptionError,
      /azure\/x.*openai\/gpt-99/,
    ],
    ["like that is no id", { "azure/x": { like: 5 } }, InvalidOptionError, /prices\["azure\/x"\]/],
    [
      "a circle",
      { "a/x": { like: "b/y" }, "b/y": { like: "c/z" }, "c/z": { like: "a/x" } },
      InvalidOptionError,
      /prices\["a\/x"\].*circle/,
    ],
    ["itself", { "a/x": { like: "a/x" } }, InvalidOptionError, /circle/],
  ])("%s", (_, prices, type, message) => {
    const create = () => createCatalogue(prices as PriceTable);
    expect(create).toThrow(type);
    expect(create).toThrow(message);
  });
});

test.each<[string, unknown]>([
  ["a map", new Map([["openai/gpt-5", { input: "1", output: "8" }]])],
  ["an empty list", []],
  ["a number", 5],
  ["a function", () => ({})],
  ["null", null],
])("prices that are %s are refused, and not passed over", (_, prices) => {
  const create = () => createPricing(prices as PriceOptions);
  expect(create).toThrow(InvalidOptionError);
  expect(create).toThrow(/prices takes an object of prices by "provider\/model"/);
});

test("an update that is null is told what it takes", () => {
  const create = () => createPricing({ update: null } as unknown as PriceOptions);
  expect(create).toThrow(InvalidOptionError);
  expect(create).toThrow(/prices\.update takes/);
});
