import { withoutDate } from "./model-id.ts";

/** How much a model can read and write, in tokens. */
export interface ModelSize {
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
}

/** The catalogue rounds these down to a million, and a window is used as an upper bound. */
const CONTEXT: ReadonlyMap<string, number> = new Map([
  ["gpt-4.1", 1_047_576],
  ["gpt-4.1-mini", 1_047_576],
  ["gpt-4.1-nano", 1_047_576],
  ["gpt-5.5", 1_050_000],
  ["gpt-5.5-pro", 1_050_000],
]);

/**
 * Google's pages of Gemini 2.0 Flash, 2.5 Pro, 3 Pro and 3.1 Pro (ai.google.dev/gemini-api/docs/models and docs.cloud.google.com), stored
 * copies read on 2026-12-01; genai-prices has the same of 3.5 Flash behind OpenRouter, and 1,000,000 or nothing under Google's own name.
 */
const GEMINI_CONTEXT = 1_048_576;
const GEMINI =
  /^gemini-(?:2\.0-flash|2\.5-(?:pro|flash)|3(?:\.\d)?-(?:pro|flash))(?:-lite)?(?:-preview)?(?:-[\d-]+)?$/;

/**
 * Ids with the most output tokens they can write; a dated snapshot has its base's unless it is listed
 * itself.
 */
const MAX_OUTPUT: Readonly<Record<number, readonly string[]>> = {
  // OpenAI's pages of the two models (developers.openai.com/api/docs/models), stored copies read on 2026-11-22.
  2_000: ["gpt-4o-transcribe", "gpt-4o-mini-transcribe"],
  4_096: [
    "gpt-3.5-turbo",
    "gpt-3.5-turbo-0125",
    "gpt-3.5-turbo-1106",
    "gpt-4-turbo",
    "gpt-4-turbo-preview",
    "gpt-4-0125-preview",
    "gpt-4-1106-preview",
    "gpt-4o-2024-05-13",
  ],
  8_192: ["gpt-4", "gpt-4-0613"],
  16_384: [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4o-audio-preview",
    "gpt-4o-mini-audio-preview",
    "gpt-5-chat",
    "gpt-5-chat-latest",
    "gpt-5.1-chat-latest",
    "gpt-5.2-chat-latest",
    "gpt-5.3-chat-latest",
  ],
  32_768: ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"],
  100_000: [
    "o1",
    "o1-pro",
    "o3",
    "o3-deep-research",
    "o3-mini",
    "o3-pro",
    "o4-mini",
    "o4-mini-deep-research",
  ],
  128_000: [
    "gpt-5",
    "gpt-5-codex",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-5.1",
    "gpt-5.1-codex",
    "gpt-5.1-codex-max",
    "gpt-5.1-codex-mini",
    "gpt-5.2",
    "gpt-5.2-pro",
    "gpt-5.3-codex",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.4-nano",
    "gpt-5.4-pro",
    "gpt-5.5",
    "gpt-5.5-pro",
    "gpt-5.6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
  ],
};

const BY_ID: ReadonlyMap<string, number> = new Map(
  Object.entries(MAX_OUTPUT).flatMap(([most, ids]) => ids.map((id) => [id, Number(most)] as const)),
);

/**
 * Sizes for ids as `modelId` writes them. Those of OpenAI and Azure were read on 2026-11-22 in LiteLLM's price file
 * (commit 00035b69), not on OpenAI's own pages; gpt-4 is 4,096 there and is kept at its whole window. Empty
 * when unsure, as for gpt-5-pro, where lists disagree: then every request must carry a cap of its own.
 */
export function modelSize(provider: string, id: string): ModelSize {
  if (provider === "google" || provider === "google-vertex")
    return GEMINI.test(id) ? { contextWindow: GEMINI_CONTEXT } : {};
  if (provider !== "openai" && provider !== "azure") return {};
  const base = withoutDate(id);
  const maxOutputTokens = BY_ID.get(id) ?? BY_ID.get(base);
  const contextWindow = CONTEXT.get(base);
  return {
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}
