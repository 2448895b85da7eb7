import { CHECKED, RESEARCH, SPEECH, TRANSCRIBE, WHISPER } from "./overlay-sources.ts";

/** The price of something billed by the piece, in dollars. */
export interface OverlayFee {
  readonly provider: string;
  readonly meter: string;
  /** The models that the price is for; undefined for all of the provider's. */
  readonly models?: RegExp;
  readonly dollars: string;
  /** Models for which the piece also costs something that no usage shows. */
  readonly alsoBilled?: { readonly models: RegExp; readonly what: string };
  readonly source: string;
  readonly checkedOn: string;
}

/**
 * Fees by the piece. `web_search_preview` has none here: its price depends on the model, so its cost is a
 * lower bound.
 */
export const OVERLAY_FEES: readonly OverlayFee[] = [
  {
    provider: "openai",
    meter: "web_search",
    dollars: "0.01",
    alsoBilled: {
      models: /^(?:gpt-4o-mini|gpt-4\.1-mini)$/,
      what: "web_search content (a block of 8,000 input tokens a call)",
    },
    source: "https://www.modelcostwatch.com/openai/tool-costs/web-search, stored copy of 2026-03-12",
    checkedOn: CHECKED,
  },
  { provider: "openai", meter: "file_search", dollars: "0.0025", source: RESEARCH, checkedOn: CHECKED },
  { provider: "openai", meter: "container", dollars: "0.03", source: RESEARCH, checkedOn: CHECKED },
  {
    provider: "openai",
    meter: "audioSeconds",
    models: /^whisper-1$/,
    dollars: "0.0001",
    source: WHISPER,
    checkedOn: CHECKED,
  },
  {
    provider: "openai",
    meter: "audioSeconds",
    models: /^gpt-transcribe$/,
    dollars: "0.000075",
    source: TRANSCRIBE,
    checkedOn: CHECKED,
  },
  {
    provider: "openai",
    meter: "characters",
    models: /^tts-1$/,
    dollars: "0.000015",
    source: SPEECH,
    checkedOn: CHECKED,
  },
  {
    provider: "openai",
    meter: "characters",
    models: /^tts-1-hd$/,
    dollars: "0.00003",
    source: SPEECH,
    checkedOn: CHECKED,
  },
];
