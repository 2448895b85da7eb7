import { expect, test } from "vitest";
import { createPricing } from "../pricing.ts";
import { receiptOf } from "./receipt.ts";
import type { Usage } from "../usage/usage.ts";

const pricing = createPricing();
const at = new Date("2026-09-23T12:00:00Z");

function receipt(
  provider: string,
  model: string,
  usage: Usage,
  serviceTier?: string,
): Record<string, unknown> {
  const card = pricing.card(provider, model, at);
  if ("unknown" in card) throw new Error(card.reason);
  const cost = pricing.cost({
    provider,
    model,
    usage,
    at,
    ...(serviceTier === undefined ? {} : { serviceTier }),
  });
  return receiptOf(card, cost);
}

test("shows how a cost was made, with exact decimals that survive JSON", () => {
  const fees = [{ meter: "web_search", count: 1 }];
  const made = receipt("openai", "o3", { inputTokens: 3, cachedInputTokens: 1, outputTokens: 0, fees });
  expect(made).toEqual({
    rateCard: {
      id: "openai/o3",
      source: "genai-prices@0.1.8",
      checkedOn: "2026-09-23",
      asOf: "2025-06-10",
      matchedBy: "exact",
    },
    kind: "known",
    totalUsd: "0.0100045",
    lines: [
      { meter: "input", count: 2, unitUsd: "0.000002", usd: "0.000004" },
      { meter: "cachedInput", count: 1, unitUsd: "0.0000005", usd: "0.0000005" },
      { meter: "web_search", count: 1, unitUsd: "0.01", usd: "0.01" },
    ],
  });
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
});

test("keeps pico-dollars in its lines and rounds the total up once", () => {
  const made = receipt("deepseek", "deepseek-v4-flash", {
    inputTokens: 1,
    cachedInputTokens: 1,
    outputTokens: 0,
  });
  expect(made).toMatchObject({ totalUsd: "0.000000007", lines: [{ unitUsd: "0.000000007" }] });
  const mini = receipt(
    "openai",
    "gpt-5-nano",
    { inputTokens: 1, cachedInputTokens: 1, outputTokens: 0 },
    "flex",
  );
  expect(mini).toMatchObject({ totalUsd: "0.000000003", lines: [{ usd: "0.0000000025" }] });
});

test("says what is missing of a lower bound, and why a cost is unknown", () => {
  const usage = { inputTokens: 2, inputAudioTokens: 1, outputTokens: 0 };
  expect(receipt("openai", "gpt-4o", usage)).toMatchObject({ kind: "lowerBound", missing: ["inputAudio"] });
  const unknown = receipt("openai", "gpt-4o", { inputTokens: 1.5, outputTokens: 0 });
  expect(unknown).toMatchObject({
    kind: "unknown",
    unknown: expect.stringContaining("valid counts") as string,
  });
  expect(unknown).not.toHaveProperty("totalUsd");
});
