import { CHECKED, LITELLM, OPENAI_DOCS, RESEARCH, SPEECH, TRANSCRIBE, WHISPER } from "./overlay-sources.ts";
import type { Meter } from "./rate-card.ts";

/** Token prices by hand, in dollars per million tokens. They win over the catalogue. */
export interface OverlayRates {
  readonly provider: string;
  /** Matches whole model ids as `modelId` writes them. */
  readonly ids: RegExp;
  /** The id on the card; undefined keeps the catalogue's. */
  readonly model?: string;
  /** ISO date, or date and hour, from which the row holds (UTC); undefined for always. */
  readonly from?: string;
  readonly rates: Readonly<Partial<Record<Meter, string>>>;
  /** True: the rates are added to the catalogue's instead of taking their place. */
  readonly adds?: boolean;
  readonly contextWindow?: number;
  /** The fee by which the model is billed instead of tokens; `rates` are empty then. */
  readonly billedBy?: string;
  readonly source: string;
  readonly checkedOn: string;
}

/** Models that the catalogue prices wrongly or in part, where no plain token price is right. */
export interface OverlayUnknown {
  readonly provider: string;
  readonly ids: RegExp;
  readonly reason: string;
}

const ft41 = {
  provider: "openai",
  contextWindow: 1_047_576,
  source:
    "a third party's table in LiteLLM's format, found by its text; gpt-4.1-mini also in wflo's research",
  checkedOn: CHECKED,
};
const audio = { provider: "openai", adds: true, source: LITELLM, checkedOn: CHECKED };
const image = { provider: "openai", adds: true, checkedOn: CHECKED };
const sound = { provider: "openai", rates: {}, checkedOn: CHECKED };
const deepseek = { provider: "deepseek", ids: /^deepseek-(?:chat|reasoner)$/, checkedOn: CHECKED };
const vertex = { provider: "google-vertex", source: RESEARCH, checkedOn: CHECKED };
const mistral = { provider: "mistral", checkedOn: CHECKED };

/** What the catalogue has wrong or lacks. Of two rows for one id the later wins once its date has come. */
export const OVERLAY_RATES: readonly OverlayRates[] = [
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
  // The catalogue has the price of an image's tokens as that of all output.
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
  { ...sound, ids: /^whisper-1$/, model: "whisper-1", billedBy: "audioSeconds", source: WHISPER },
  {
    ...sound,
    ids: /^gpt-transcribe$/,
    model: "gpt-transcribe",
    billedBy: "audioSeconds",
    source: TRANSCRIBE,
  },
  { ...sound, ids: /^tts-1(?:-1106)?$/, model: "tts-1", billedBy: "characters", source: SPEECH },
  { ...sound, ids: /^tts-1-hd(?:-1106)?$/, model: "tts-1-hd", billedBy: "characters", source: SPEECH },
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
  {
    ...vertex,
    ids: /^gemini-2\.0-flash(?:-001)?$/,
    rates: { input: "0.15", output: "0.6", inputAudio: "1" },
  },
];

/** Prices that are not known rather than what the catalogue would give. */
export const OVERLAY_UNKNOWN: readonly OverlayUnknown[] = [
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
  { provider: "azure", ids: /^deepseek-v4-pro/, reason: "the price lists for this model on Azure disagree" },
];
