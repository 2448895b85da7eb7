import { describe, expect, test } from "vitest";
import { createPricing } from "../pricing.ts";

const EU_ONLY = "aiplatform.eu.rep.googleapis.com";
const ONE_REGION = "europe-west1-aiplatform.googleapis.com";
const ANYWHERE = "aiplatform.googleapis.com";

describe("on Vertex", () => {
  const pricing = createPricing();
  const usd = (model: string, host: string) => {
    const body = {
      modelVersion: model,
      usageMetadata: { promptTokenCount: 1_000_000, candidatesTokenCount: 0, totalTokenCount: 1_000_000 },
    };
    const cost = pricing.costOfResponse({ provider: "google-vertex", model, host, body });
    return cost.kind === "known" ? cost.usd : cost.kind;
  };

  test.each([
    ["claude-haiku-4-5@20251001", "1", "1.1"],
    ["gemini-3.8-flash", "0.75", "0.825"],
  ])(
    "%s costs a tenth more where a request stays in a region, or in several of a continent",
    (model, list, more) => {
      expect([ANYWHERE, ONE_REGION, EU_ONLY].map((host) => usd(model, host))).toEqual([list, more, more]);
    },
  );

  test.each([
    ["gemini-2.5-flash", "0.3"],
    ["gemini-3-flash-preview", "0.5"],
  ])("%s costs the same everywhere: it is older, or a preview", (model, list) => {
    expect([ANYWHERE, ONE_REGION, EU_ONLY].map((host) => usd(model, host))).toEqual([list, list, list]);
  });
});
