import type { Overlay, OverlayFee } from "./row.ts";
import { CHECKED, CHECKED_AGAIN, LITELLM, PERPLEXITY_PRICES, RESEARCH } from "./sources.ts";

const mistral = { provider: "mistral", checkedOn: CHECKED };
const deepseek = { provider: "deepseek", ids: /^deepseek-(?:chat|reasoner)$/, checkedOn: CHECKED };
const deepseekFlash = {
  provider: "deepseek",
  ifUnlisted: true,
  ids: /^deepseek-flash$/,
  model: "deepseek-flash",
  contextWindow: 1_000_000,
  source: "https://api-docs.deepseek.com/quick_start/pricing, stored copies of autumn 2026",
  checkedOn: "2026-12-01",
};
/** On weekdays only, but for the holidays of China; counted on every day, so that none is held too low. */
const deepseekFlashAtPeak = {
  ...deepseekFlash,
  rates: { input: "0.3", cachedInput: "0.006", output: "1.2" },
};
const cohere = {
  provider: "cohere",
  billedBy: "search_units",
  rates: {},
  source: "https://cohere.com/pricing of 2026-08-18, as a third party quotes it; others agree",
  checkedOn: CHECKED_AGAIN,
};
const groq = {
  provider: "groq",
  meter: "audioSeconds",
  per: 3_600,
  least: 10,
  source: "Groq's price page of 2026-05-20, as several third parties quote it",
  checkedOn: CHECKED_AGAIN,
};

/** Perplexity's fee for a request, by how much it was asked to search. */
function requests(models: RegExp, low: string, medium: string, high: string): readonly OverlayFee[] {
  return Object.entries({ low, medium, high }).map(([size, dollars]) => {
    return {
      provider: "perplexity",
      meter: `request_${size}`,
      models,
      dollars,
      source: PERPLEXITY_PRICES,
      checkedOn: CHECKED_AGAIN,
    };
  });
}

/** What wflo knows of the other providers' prices beyond the price list. */
export const OTHERS: Overlay = {
  rates: [
    // The aliases moved to Large 2512 and Small 2603. When is not published: the models' release days are taken.
    {
      ...mistral,
      ids: /^mistral-large-latest$/,
      from: "2025-12-02",
      rates: { input: "0.5", cachedInput: "0.05", output: "1.5" },
      source: `${LITELLM}; the cache rate is that of mistral-large-2512 in genai-prices`,
    },
    {
      ...mistral,
      ids: /^mistral-small-latest$/,
      from: "2026-03-16",
      rates: { input: "0.15", cachedInput: "0.015", output: "0.6" },
      source: "mistral-small-2603 in genai-prices; disputed: LiteLLM still has Small 3.2 at 0.06 / 0.18",
    },
    {
      ...deepseek,
      from: "2025-09-05T16:00Z",
      rates: { input: "0.56", cachedInput: "0.07", output: "1.68" },
      source: "https://api-docs.deepseek.com/quick_start/pricing, stored copy from before 2025-09-05",
    },
    {
      ...deepseek,
      from: "2025-09-29",
      rates: { input: "0.28", cachedInput: "0.028", output: "0.42" },
      source: `${RESEARCH}. The press of July 2026 has both names moving to deepseek-v4-flash by 2026-07-24`,
    },
    { ...deepseekFlash, rates: { input: "0.15", cachedInput: "0.003", output: "0.6" } },
    { ...deepseekFlashAtPeak, hours: [1, 4] },
    { ...deepseekFlashAtPeak, hours: [6, 10] },
    // The list takes it for the first version.
    {
      provider: "aws",
      ids: /^amazon\.titan-embed-text-v2:0$/,
      model: "amazon.titan-embed-text-v2:0",
      rates: { input: "0.02" },
      source: LITELLM,
      checkedOn: CHECKED_AGAIN,
    },
    { ...cohere, ids: /^rerank-(?:english-|multilingual-)?v3\.[05]$/, model: "rerank-v3" },
    { ...cohere, ids: /^rerank-v4\.0-fast$/, model: "rerank-v4.0-fast" },
    // It passes on Google's prices; the list has the tokens of images at the price of text.
    ...(
      [
        [/^google\/gemini-2\.5-flash-image(?:-preview)?$/, "30"],
        [/^google\/gemini-3-pro-image-preview$/, "120"],
        [/^google\/gemini-3\.1-flash-image-preview$/, "60"],
      ] as const
    ).map(([ids, outputImage]) => {
      return {
        provider: "openrouter",
        ids,
        adds: true,
        rates: { outputImage },
        source: "the same models under Google's name in genai-prices",
        checkedOn: "2026-12-01",
      };
    }),
    {
      provider: "openrouter",
      ids: /:free$/,
      rates: { input: "0", output: "0" },
      source:
        "https://openrouter.ai/docs/api-reference/limits, stored copy: variants that end in :free cost nothing",
      checkedOn: CHECKED_AGAIN,
    },
  ],
  fees: [
    { ...cohere, meter: "search_units", models: /^rerank-v(?:3|4\.0-fast)$/, dollars: "0.002" },
    { ...groq, models: /^whisper-large-v3$/, dollars: "0.111" },
    { ...groq, models: /^whisper-large-v3-turbo$/, dollars: "0.04" },
    ...requests(/^(?:sonar|sonar-reasoning)$/, "0.005", "0.008", "0.012"),
    ...requests(/^sonar-(?:reasoning-)?pro$/, "0.006", "0.01", "0.014"),
  ],
  unknown: [
    {
      provider: "openrouter",
      ids: /^(?:perplexity\/.*sonar|openai\/.*-search-preview)/,
      reason: "each request also pays for web searches that its usage does not count",
    },
    {
      provider: "openrouter",
      ids: /^openai\/gpt-.*-image/,
      reason: "the images that it makes have a price of their own, which no list has",
    },
  ],
  modifiers: [
    ...(
      [
        ["flex", [1, 2]],
        ["priority", [7, 4]],
        ["batch", [1, 2]],
      ] as const
    ).map(([tier, times]) => {
      return {
        provider: "aws",
        modifier: `service_tier:${tier}`,
        times,
        source: "third parties of October and November 2026; AWS's page says only that it differs",
        checkedOn: CHECKED_AGAIN,
      };
    }),
    {
      provider: "groq",
      modifier: "service_tier:batch",
      times: [1, 2],
      source: "a third party's copy of Groq's price page of June 2026",
      checkedOn: CHECKED_AGAIN,
    },
  ],
};
