import type { RateCard, UnknownRate } from "./rate-card.ts";

const LIST_PRICE = new Set(["auto", "default", "on_demand", "standard"]);
const HALF_PRICE = new Set(["batch", "flex"]);

/**
 * OpenAI's models with a flex price, which is half of the list price in every kind of token, as is batch
 * (https://platform.openai.com/docs/pricing and LiteLLM of 2026-08-01, checked on 2026-11-22).
 */
const FLEX =
  /^(?:o3|o4-mini|gpt-5(?:-mini|-nano)?|gpt-5\.1|gpt-5\.2|gpt-5\.4(?:-mini|-nano)?|gpt-5\.5|gpt-5\.6-(?:luna|sol|terra))$/;

/**
 * What the list price is divided by for a service tier: 1, or 2 for flex and batch. Unknown for tiers with
 * prices of their own. A price that the user gave is the price of whatever tier serves it.
 */
export function serviceTierDivisor(card: RateCard, serviceTier: string | undefined): 1n | 2n | UnknownRate {
  const tier = serviceTier?.toLowerCase();
  if (!tier || LIST_PRICE.has(tier) || card.source === "user") return 1n;
  if (HALF_PRICE.has(tier) && card.provider === "openai" && FLEX.test(card.model)) return 2n;
  return { unknown: true, reason: `wflo has no price for the service tier "${tier}" of ${card.id}` };
}
