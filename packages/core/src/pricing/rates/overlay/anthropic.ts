import type { Overlay } from "./row.ts";
import { ANTHROPIC_PRICES, CHECKED_AGAIN } from "./sources.ts";

const row = { provider: "anthropic", source: ANTHROPIC_PRICES, checkedOn: CHECKED_AGAIN };

const newer = { ...row, ifUnlisted: true };

/** What wflo knows of Anthropic's prices beyond the price list. */
export const ANTHROPIC: Overlay = {
  rates: [
    // Newer than the price list.
    {
      ...newer,
      ids: /^claude-sonnet-5-5(?:-\d{8})?$/,
      model: "claude-sonnet-5-5",
      rates: { input: "2", cachedInput: "0.2", cacheWrite: "2.5", cacheWrite1h: "4", output: "10" },
    },
    {
      ...newer,
      ids: /^claude-sonnet-5-5(?:-\d{8})?$/,
      model: "claude-sonnet-5-5",
      from: "2026-10-07",
      rates: { input: "2", cachedInput: "0.1", cacheWrite: "2.5", cacheWrite1h: "4", output: "10" },
      source: "several readers of Anthropic's price page of October 2026, among them PromptFuel 1.0.23",
    },
    {
      ...newer,
      ids: /^claude-haiku-5-5(?:-\d{8})?$/,
      model: "claude-haiku-5-5",
      rates: { input: "0.1", cachedInput: "0.01", cacheWrite: "0.125", cacheWrite1h: "0.2", output: "0.5" },
      long: {
        aboveInputTokens: 100_000,
        rates: { input: "0.5", cachedInput: "0.05", cacheWrite: "0.625", cacheWrite1h: "1", output: "2.5" },
      },
      source: "several readers of Anthropic's price page of October 2026, among them PromptFuel 1.0.23",
    },
    {
      ...newer,
      ids: /^claude-fable-5-2(?:-\d{8})?$/,
      model: "claude-fable-5-2",
      rates: { input: "8", cachedInput: "0.2", cacheWrite: "10", cacheWrite1h: "16", output: "40" },
      source:
        "https://docs.laozhang.ai/en/announcements/claude-fable-5-2-2026-11, stored copy; another agrees",
    },
  ],
  fees: [{ ...row, meter: "web_search", dollars: "0.01" }],
  modifiers: [
    { ...row, modifier: "service_tier:batch", times: [1, 2] },
    // It is refused for models before Claude 4.6.
    { ...row, modifier: "inference_geo:us", times: [11, 10] },
    { ...row, modifier: "speed:fast", models: /^claude-opus-(?:4-8|5|5-5)$/, times: [2, 1] },
    {
      ...row,
      modifier: "speed:fast",
      models: /^claude-opus-4-[67]$/,
      times: [6, 1],
      source: "https://platform.claude.com/docs/en/build-with-claude/fast-mode, stored copies of spring 2026",
    },
  ],
};
