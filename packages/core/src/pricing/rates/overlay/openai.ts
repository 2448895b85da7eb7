import { OPENAI_TIERS } from "./openai-tiers.ts";
import type { Overlay, OverlayFee, OverlayRates } from "./row.ts";
import { CHECKED, CHECKED_AGAIN, LITELLM, OPENAI_DOCS, OPENAI_PRICES } from "./sources.ts";

const ft41 = {
  provider: "openai",
  contextWindow: 1_047_576,
  source:
    "a third party's table in LiteLLM's format, found by its text; gpt-4.1-mini also in wflo's research",
  checkedOn: CHECKED,
};
const cached4o = { provider: "openai", adds: true, source: LITELLM, checkedOn: CHECKED_AGAIN };
const audio = { provider: "openai", adds: true, source: LITELLM, checkedOn: CHECKED };
const image = { provider: "openai", adds: true, checkedOn: CHECKED };
const speech = {
  provider: "openai",
  billedBy: "characters",
  rates: {},
  source: `${OPENAI_DOCS}/api/docs/models/tts-1, stored copy: $15 and $30 (HD) for a million characters`,
  checkedOn: CHECKED,
};
const sixth = { provider: "openai", ifUnlisted: true, checkedOn: CHECKED_AGAIN };

const RATES: readonly OverlayRates[] = [
  {
    ...audio,
    ids: /^gpt-4o-audio-preview(?:-2024-12-17|-2025-06-03)?$/,
    rates: { inputAudio: "40", outputAudio: "80" },
  },
  {
    ...audio,
    ids: /^gpt-4o-mini-audio-preview(?:-2024-12-17)?$/,
    rates: { inputAudio: "10", outputAudio: "20" },
  },
  // The price list has the price of an image's tokens as that of all output.
  {
    ...image,
    ids: /^gpt-image-1$/,
    rates: { outputImage: "40" },
    source: `${OPENAI_DOCS}/ja-JP/api/docs/models/gpt-image-1, stored copy`,
  },
  {
    ...image,
    ids: /^gpt-image-1-mini$/,
    rates: { outputImage: "8" },
    source: `${OPENAI_DOCS}/de-DE/api/docs/models/gpt-image-1-mini, stored copy`,
  },
  {
    ...image,
    ids: /^gpt-image-2(?:-2026-04-21)?$/,
    rates: { outputImage: "30" },
    source: `https://fal.ai/models/openai/gpt-image-2/llms.txt, stored copy; genai-prices has it as that of all output`,
  },
  { ...speech, ids: /^tts-1(?:-1106)?$/, model: "tts-1" },
  { ...speech, ids: /^tts-1-hd(?:-1106)?$/, model: "tts-1-hd" },
  // The price list has these fine-tunes without a price for cached input.
  { ...cached4o, ids: /^ft:gpt-4o-2024-08-06:.+$/, rates: { cachedInput: "1.875" } },
  { ...cached4o, ids: /^ft:gpt-4o-mini-2024-07-18:.+$/, rates: { cachedInput: "0.15" } },
  {
    ...ft41,
    ids: /^ft:gpt-4\.1-2025-04-14:.+$/,
    model: "ft:gpt-4.1",
    rates: { input: "3", cachedInput: "0.75", output: "12" },
  },
  {
    ...ft41,
    ids: /^ft:gpt-4\.1-mini-2025-04-14:.+$/,
    model: "ft:gpt-4.1-mini",
    rates: { input: "0.8", cachedInput: "0.2", output: "3.2" },
  },
  {
    ...ft41,
    ids: /^ft:gpt-4\.1-nano-2025-04-14:.+$/,
    model: "ft:gpt-4.1-nano",
    rates: { input: "0.2", cachedInput: "0.05", output: "0.8" },
  },
  // Newer than the price list.
  {
    ...sixth,
    ids: /^gpt-6\.2-sol(?:-2026-\d{2}-\d{2})?$/,
    model: "gpt-6.2-sol",
    rates: { input: "2", cachedInput: "0.1", cacheWrite: "2.5", output: "10" },
    long: {
      aboveInputTokens: 272_000,
      rates: { input: "4", cachedInput: "0.2", cacheWrite: "5", output: "15" },
    },
    source: `${OPENAI_DOCS}/api/docs/models/gpt-6.2-sol, stored copy of November 2026`,
  },
  {
    ...sixth,
    ids: /^gpt-6\.1-sol(?:-2026-\d{2}-\d{2})?$/,
    model: "gpt-6.1-sol",
    rates: { input: "2", cachedInput: "0.1", cacheWrite: "2.5", output: "10" },
    long: {
      aboveInputTokens: 272_000,
      rates: { input: "4", cachedInput: "0.2", cacheWrite: "5", output: "15" },
    },
    source: "two readers of OpenAI's price page of October 2026",
  },
  {
    ...sixth,
    ids: /^gpt-6\.1-terra(?:-2026-\d{2}-\d{2})?$/,
    model: "gpt-6.1-terra",
    rates: { input: "1", cachedInput: "0.05", cacheWrite: "1.25", output: "5" },
    long: {
      aboveInputTokens: 272_000,
      rates: { input: "2", cachedInput: "0.1", cacheWrite: "2.5", output: "7.5" },
    },
    source: "https://apidog.com/de/blog/gpt-6-1-terra-pricing, quoting OpenAI's pages; OpenRouter agrees",
  },
];

const fee = { provider: "openai", source: OPENAI_PRICES, checkedOn: CHECKED_AGAIN };

/** A container is billed by time since June 2026; its first 20 minutes are taken, since no answer tells how long it ran. */
const CONTAINERS: readonly OverlayFee[] = [
  { ...fee, meter: "container", dollars: "0.03" },
  { ...fee, meter: "container_4g", dollars: "0.12" },
  { ...fee, meter: "container_16g", dollars: "0.48" },
  { ...fee, meter: "container_64g", dollars: "1.92" },
];

/** What wflo knows of OpenAI's prices beyond the price list. */
export const OPENAI: Overlay = {
  rates: RATES,
  modifiers: OPENAI_TIERS,
  fees: [
    {
      ...fee,
      meter: "web_search",
      dollars: "0.01",
      alsoInputTokens: { models: /^(?:gpt-4o-mini|gpt-4\.1-mini)$/, tokens: 8_000 },
    },
    { ...fee, meter: "web_search_preview", models: /^(?:o\d|gpt-[5-9])/, dollars: "0.01" },
    { ...fee, meter: "web_search_preview", models: /^gpt-4/, dollars: "0.025" },
    { ...fee, meter: "file_search", dollars: "0.0025" },
    ...CONTAINERS,
    { ...speech, meter: "characters", models: /^tts-1$/, dollars: "0.000015" },
    { ...speech, meter: "characters", models: /^tts-1-hd$/, dollars: "0.00003" },
  ],
  unknown: [
    {
      provider: "openai",
      ids: /-search-(?:preview|api)(?:-.*)?$/,
      reason: "each request also pays for web searches that its usage does not count",
    },
    {
      provider: "azure",
      ids: /-search-(?:preview|api)(?:-.*)?$/,
      reason: "each request also pays for web searches that its usage does not count",
    },
    {
      provider: "openai",
      ids: /^gpt-4o-audio-preview-2024-10-01$/,
      reason: "no price list that could be checked has the audio price of this snapshot",
    },
    {
      provider: "openai",
      ids: /^dall-e-/,
      reason: "OpenAI has taken DALL·E off its API and its price off its pages",
    },
    {
      provider: "azure",
      ids: /^deepseek-v4-pro/,
      reason: "the price lists for this model on Azure disagree",
    },
    {
      // LiteLLM has 1.35 and 5.40 for R1, where the list takes over 0.55 and 2.19.
      provider: "azure",
      ids: /^deepseek-(?:chat|r1|reasoner)/,
      reason: "the price list has only DeepSeek's own price for it, which is not Azure's",
    },
  ],
};
