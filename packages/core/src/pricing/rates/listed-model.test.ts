import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listedModel } from "./listed-model.ts";
import { carriedPriceList } from "./price-list.ts";
import { modelId, variantOf, withoutDate } from "./model-id.ts";
import { OVERLAY_FEES, OVERLAY_MODIFIERS, OVERLAY_RATES } from "./overlay/overlay.ts";
import { providerName } from "./provider-name.ts";

test("names the version of the catalogue that is installed", () => {
  const entry = import.meta.resolve("@pydantic/genai-prices");
  const { version } = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8")) as {
    version: string;
  };
  expect(carriedPriceList().name).toBe(`genai-prices@${version}`);
});

test("finds the ids that OpenAI lists today, each with input and output above zero", () => {
  const models = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "o1",
    "o3",
    "o3-mini",
    "o4-mini",
    "gpt-5",
  ];
  for (const id of [
    ...models,
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-5.1",
    "gpt-5.2",
    "gpt-5.4",
    "gpt-5.5",
    "gpt-6-sol",
  ]) {
    const found = listedModel(carriedPriceList(), "openai", id);
    if ("unknown" in found) throw new Error(`${id}: ${found.reason}`);
    for (const { rates } of found.schedule) {
      expect(rates.input?.picoUsd).toBeGreaterThan(0n);
      expect(rates.output?.picoUsd).toBeGreaterThan(0n);
    }
  }
});

test("every row by hand says where it is from and when it was checked", () => {
  for (const row of [...OVERLAY_RATES, ...OVERLAY_FEES, ...OVERLAY_MODIFIERS]) {
    expect(row.source).not.toBe("");
    expect(row.checkedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  }
});

test.each([
  ["google", "models/gemini-2.5-flash", "gemini-2.5-flash"],
  ["google-vertex", "projects/p/locations/us/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"],
  ["aws", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"],
  ["aws", "bedrock/us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0"],
  ["openai", "openai:GPT-4o", "gpt-4o"],
  ["openrouter", "openai/gpt-4o", "openai/gpt-4o"],
  ["openai", "ft:gpt-4o-2024-08-06:acme::x", "ft:gpt-4o-2024-08-06:acme::x"],
])("writes %s %s as %s", (provider, model, id) => {
  expect(modelId(provider, model)).toBe(id);
});

test("tells variants and dates from the name", () => {
  expect(variantOf("deepseek/deepseek-chat-v3.1:free")).toBe("free");
  expect(variantOf("amazon.nova-pro-v1:0")).toBeUndefined();
  expect(withoutDate("gpt-4o-2024-08-06")).toBe("gpt-4o");
  expect(withoutDate("claude-sonnet-4-5@20250929")).toBe("claude-sonnet-4-5");
  expect(withoutDate("gpt-5.1")).toBe("gpt-5.1");
});

test.each([
  ["OpenAI", "openai"],
  ["openai.chat", "openai"],
  ["azure.ai.openai", "azure"],
  ["amazon-bedrock", "aws"],
  ["google.generative-ai", "google"],
  ["google.vertex.chat", "google-vertex"],
  ["xai.responses", "x-ai"],
  ["my-openai-proxy", "my-openai-proxy"],
])("calls the provider %s %s", (provider, name) => {
  expect(providerName(provider)).toBe(name);
});
