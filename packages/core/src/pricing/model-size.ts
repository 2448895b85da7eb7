import { withoutDate } from "./model-id.ts";

/** How much a model can read and write, in tokens. */
export interface ModelSize {
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
}

const MILLION_CONTEXT = 1_047_576;

/**
 * Ids with the most output tokens they can write; a dated snapshot has its base's unless it is listed itself.
 */
const MAX_OUTPUT: Readonly<Record<number, readonly string[]>> = {
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
    "chatgpt-4o-latest",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4o-audio-preview",
    "gpt-4o-mini-audio-preview",
    "gpt-5-chat-latest",
    "gpt-5.1-chat-latest",
    "gpt-5.2-chat-latest",
  ],
  32_768: ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o1-preview"],
  65_536: ["o1-mini"],
  100_000: [
    "codex-mini-latest",
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
    "gpt-5.6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
  ],
  272_000: ["gpt-5-pro"],
};

const BY_ID: ReadonlyMap<string, number> = new Map(
  Object.entries(MAX_OUTPUT).flatMap(([most, ids]) => ids.map((id) => [id, Number(most)] as const)),
);

/**
 * What OpenAI's model pages (https://platform.openai.com/docs/models) give, checked on 2026-11-22 against
 * LiteLLM of 2026-08-01 for ids of OpenAI and Azure as `modelId` writes them. Empty when unsure: then every
 * request must carry a cap of its own.
 */
export function modelSize(provider: string, id: string): ModelSize {
  if (provider !== "openai" && provider !== "azure") return {};
  const maxOutputTokens = BY_ID.get(id) ?? BY_ID.get(withoutDate(id));
  // The catalogue rounds these down to a million.
  const window = /^gpt-4\.1(?:-mini|-nano)?$/.test(withoutDate(id)) ? { contextWindow: MILLION_CONTEXT } : {};
  return maxOutputTokens === undefined ? window : { ...window, maxOutputTokens };
}
