import type { Overlay, OverlayFee, OverlayModifier, OverlayRates } from "./row.ts";
import { ANTHROPIC_PRICES, CHECKED, CHECKED_AGAIN, GEMINI_PRICES, RESEARCH } from "./sources.ts";

const row = { source: GEMINI_PRICES, checkedOn: CHECKED_AGAIN };

/**
 * Grounding at its list price: the free allowance of an account is not visible in an answer. Gemini 2 pays for a prompt, however many
 * queries it took; Gemini 3 for each query.
 */
function grounding(provider: string): readonly OverlayFee[] {
  return [
    { ...row, provider, meter: "google_search", models: /^gemini-2/, dollars: "0.035", once: true },
    { ...row, provider, meter: "google_search", models: /^gemini-[3-9]/, dollars: "0.014" },
    { ...row, provider, meter: "google_maps", models: /^gemini-2/, dollars: "0.025", once: true },
    { ...row, provider, meter: "google_maps", models: /^gemini-[3-9]/, dollars: "0.014" },
  ];
}

const TIERS: readonly OverlayModifier[] = [
  { ...row, provider: "google-vertex", modifier: "endpoint:regional", times: [1, 1] },
  {
    ...row,
    provider: "google-vertex",
    modifier: "endpoint:regional",
    models: /^claude-(?:(?:sonnet|haiku|opus)-(?:4-[5-9]|[5-9])|fable|mythos)/,
    times: [11, 10],
    source: ANTHROPIC_PRICES,
  },
  {
    ...row,
    provider: "google-vertex",
    modifier: "endpoint:regional",
    // Previews keep the price that they have everywhere.
    models: /^gemini-[3-9](?!.*preview)/,
    times: [11, 10],
    source: "Vertex's price page since 2026-07-01, as several third parties quote it in October 2026",
    checkedOn: "2026-12-01",
  },
  {
    ...row,
    provider: "google",
    modifier: "service_tier:flex",
    times: [1, 2],
    source: "https://ai.google.dev/gemini-api/docs/optimization, stored copy of 2026",
  },
  {
    ...row,
    provider: "google",
    modifier: "service_tier:batch",
    times: [1, 2],
    // "Batch pricing not yet implemented" for what comes from a cache.
    keeps: ["cachedInput", "cachedInputAudio", "cachedInputImage"],
  },
  {
    ...row,
    provider: "google",
    modifier: "service_tier:priority",
    models: /^gemini-(?:2\.5-pro|3\.1-pro-preview)$/,
    times: [9, 5],
  },
];

/** What they say is audio, which the list has as all output. */
const SPEECH = (["google", "google-vertex"] as const).flatMap((provider) =>
  (
    [
      [/^gemini-2\.5-flash-(?:lite-)?(?:preview-)?tts$/, "10"],
      [/^gemini-2\.5-pro-(?:preview-)?tts$/, "20"],
    ] as const
  ).map(([ids, outputAudio]): OverlayRates => {
    return { ...row, provider, ids, adds: true, rates: { outputAudio } };
  }),
);

/** What wflo knows of the prices of Gemini and Vertex beyond the price list. */
export const GOOGLE: Overlay = {
  rates: [
    ...SPEECH,
    {
      provider: "google-vertex",
      ids: /^gemini-2\.0-flash(?:-001)?$/,
      rates: { input: "0.15", output: "0.6", inputAudio: "1" },
      source: RESEARCH,
      checkedOn: CHECKED,
    },
  ],
  fees: [...grounding("google"), ...grounding("google-vertex")],
  modifiers: TIERS,
};
