import { expect, test } from "vitest";
import { isUsage } from "./usage.ts";

test("accepts whole counts with parts within their totals", () => {
  expect(isUsage({ inputTokens: 0, outputTokens: 0 })).toBe(true);
  expect(
    isUsage({
      inputTokens: 10,
      cachedInputTokens: 10,
      cacheWriteTokens: 0,
      inputAudioTokens: 3,
      inputImageTokens: 10,
      outputTokens: 5,
      reasoningTokens: 5,
      outputAudioTokens: 0,
      outputImageTokens: 5,
      fees: [{ meter: "web_search", count: 2 }],
    }),
  ).toBe(true);
});

test.each([
  null,
  "usage",
  {},
  { inputTokens: 1 },
  { inputTokens: 1.5, outputTokens: 0 },
  { inputTokens: -1, outputTokens: 0 },
  { inputTokens: Number.NaN, outputTokens: 0 },
  { inputTokens: 2 ** 53, outputTokens: 0 },
  { inputTokens: "1", outputTokens: 0 },
  { inputTokens: 1, outputTokens: 0, cachedInputTokens: 2 },
  { inputTokens: 1, outputTokens: 0, reasoningTokens: 1 },
  { inputTokens: 1, outputTokens: 0, cacheWriteTokens: null },
  { inputTokens: 1, outputTokens: 0, inputImageTokens: 2 },
  { inputTokens: 1, outputTokens: 0, outputImageTokens: 1 },
  { inputTokens: 1, outputTokens: 0, fees: {} },
  { inputTokens: 1, outputTokens: 0, reportedPicoUsd: 0.5 },
  { inputTokens: 1, outputTokens: 0, fees: [{ meter: "", count: 1 }] },
  { inputTokens: 1, outputTokens: 0, fees: [{ meter: "web_search", count: -1 }] },
])("refuses %j", (value) => {
  expect(isUsage(value)).toBe(false);
});
