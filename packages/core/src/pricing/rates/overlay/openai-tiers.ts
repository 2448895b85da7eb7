import type { OverlayModifier } from "./row.ts";
import { CHECKED_AGAIN, OPENAI_PRICES } from "./sources.ts";

const tier = { provider: "openai", checkedOn: CHECKED_AGAIN };
const discount = { ...tier, source: OPENAI_PRICES, times: [1, 2] } as const;
const PRIORITY_PAGE =
  "https://openai.com/api-priority-processing/ and /api-fast-mode/, stored copies; OpenAI's price page agrees";
const ULTRAFAST = "two readers of OpenAI's price page of autumn 2026";
/** Served by the priority tier up to there; what is longer has no price in it. */
const LONG = 272_000;
const LONG_BEFORE_GPT_5 = 128_000;

/**
 * OpenAI's service tiers. Priority was renamed "fast" on 2026-07-30; answers of gpt-6 models say so. Of its prices each is so many
 * times the list price, in every kind of token.
 */
export const OPENAI_TIERS: readonly OverlayModifier[] = [
  { ...discount, modifier: "service_tier:batch" },
  {
    ...discount,
    modifier: "service_tier:batch",
    models: /^gpt-3\.5-turbo-(?:1106|0613|0301)$/,
    times: [1, 1],
  },
  {
    ...discount,
    modifier: "service_tier:flex",
    models:
      /^(?:o3|o4-mini|gpt-5(?:-mini|-nano)?|gpt-5\.[12]|gpt-5\.4(?:-mini|-nano|-pro)?|gpt-5\.5(?:-pro)?|gpt-5\.6-.+|gpt-6(?:\.1)?-.+)$/,
  },
  ...priority(/^(?:gpt-5\.6-.+|gpt-6(?:\.[12])?-.+)$/, [2, 1]),
  ...priority(/^gpt-5\.5$/, [5, 2], LONG),
  ...priority(/^(?:gpt-5\.4(?:-mini)?|gpt-5\.3-codex|gpt-5\.2|gpt-5(?:\.1)?(?:-codex)?)$/, [2, 1], LONG),
  ...priority(/^gpt-5-mini$/, [9, 5], LONG),
  ...priority(/^gpt-4\.1-nano$/, [2, 1], LONG_BEFORE_GPT_5),
  ...priority(/^(?:o3|gpt-4\.1(?:-mini)?|gpt-4o-2024-05-13)$/, [7, 4], LONG_BEFORE_GPT_5),
  ...priority(/^gpt-4o$/, [17, 10], LONG_BEFORE_GPT_5),
  ...priority(/^gpt-4o-mini$/, [5, 3], LONG_BEFORE_GPT_5),
  ...priority(/^o4-mini$/, [20, 11], LONG_BEFORE_GPT_5),
  // Models from before 2026-03-05 have none.
  { ...tier, modifier: "endpoint:regional", times: [1, 1], source: OPENAI_PRICES },
  {
    ...tier,
    modifier: "endpoint:regional",
    models: /^gpt-(?:5\.[4-9]|6)/,
    times: [11, 10],
    source: OPENAI_PRICES,
  },
  {
    ...tier,
    modifier: "service_tier:ultrafast",
    models: /^gpt-6(?:-astra|\.1-sol)$/,
    times: [6, 1],
    source: ULTRAFAST,
  },
  {
    ...tier,
    modifier: "service_tier:ultrafast",
    models: /^gpt-6\.2-sol$/,
    times: [3, 1],
    source: "OpenAI's page of gpt-6.2-sol, stored copy of November 2026: 3 times until 2027-02-28, then 6",
  },
];

function priority(
  models: RegExp,
  times: readonly [number, number],
  upToInputTokens?: number,
): readonly OverlayModifier[] {
  const limit = upToInputTokens === undefined ? {} : { upToInputTokens };
  return ["service_tier:priority", "service_tier:fast"].map((modifier) => {
    return { ...tier, modifier, models, times, ...limit, source: PRIORITY_PAGE };
  });
}
