import type { RateCard, UnknownRate } from "./rate-card.ts";

const LIST_PRICE = new Set(["auto", "default", "on_demand", "standard"]);

/**
 * OpenAI's models with a flex price, which is half of the list price. Read on 2026-11-22 in LiteLLM's price
 * file (commit 00035b69), which has none for gpt-5.1 and gpt-5.2 and shows gpt-5.4's cached half of 0.125
 * rounded to 0.13.
 */
const FLEX =
  /^(?:o3|o4-mini|gpt-5(?:-mini|-nano)?|gpt-5\.4(?:-mini|-nano)?|gpt-5\.5|gpt-5\.6-(?:luna|sol|terra))$/;

/**
 * What the list price is divided by for a service tier: 1, or 2 for flex and for OpenAI's Batch API, which has every model at half
 * its price (OpenAI's Batch API FAQ, help.openai.com article 9197833, stored copy read on 2026-11-22). Unknown for tiers with
 * prices of their own. A price that the user gave is the price of whatever tier serves it.
 */
export function serviceTierDivisor(card: RateCard, serviceTier: string | undefined): 1n | 2n | UnknownRate {
  const tier = serviceTier?.toLowerCase();
  if (!tier || LIST_PRICE.has(tier) || card.source === "user") return 1n;
  if (card.provider === "openai" && (tier === "batch" || (tier === "flex" && FLEX.test(card.model))))
    return 2n;
  return { unknown: true, reason: `wflo has no price for the service tier "${tier}" of ${card.id}` };
}
