import { divideUp } from "../../money/rounding.ts";
import { OVERLAY_MODIFIERS } from "./overlay/overlay.ts";
import type { OverlayModifier } from "./overlay/row.ts";
import type { Meter, Rate, RateCard, Rates } from "./rate-card.ts";

/** Tiers at the list price. */
const LIST_PRICE = new Set(
  ["auto", "default", "on_demand", "on-demand", "standard"].map((tier) => `service_tier:${tier}`),
);

/** Rates under a service tier, a region or a speed; `unpriced` names those whose price is not known, which count as the list price. */
export interface ModifiedRates {
  readonly rates: Rates;
  readonly unpriced: readonly string[];
}

/**
 * What a card's tokens cost under modifiers such as `service_tier:flex`, for a request of so many input tokens. A price that the user
 * gave is the price of whatever serves it.
 */
export function modifiedRates(
  card: RateCard,
  modifiers: readonly string[],
  inputTokens: number,
  rates: Rates = card.rates,
): ModifiedRates {
  let modified = rates;
  const unpriced: string[] = [];
  for (const modifier of modifiers) {
    if (LIST_PRICE.has(modifier) || card.source === "user") continue;
    const row = rowFor(card, modifier, inputTokens);
    if (row) modified = underRow(modified, row);
    else unpriced.push(modifier);
  }
  return { rates: modified, unpriced };
}

/** The modifier that a service tier is: providers write it in their own ways. Undefined for none. */
export function tierModifier(serviceTier: string | undefined): string | undefined {
  const tier = serviceTier?.toLowerCase().replace(/^on_demand_(?=.)/, "");
  return tier === undefined || tier === "" ? undefined : `service_tier:${tier}`;
}

function rowFor(card: RateCard, modifier: string, inputTokens: number): OverlayModifier | undefined {
  return OVERLAY_MODIFIERS.findLast(
    (row) =>
      row.provider === card.provider &&
      row.modifier === modifier &&
      (row.models?.test(card.model) ?? true) &&
      inputTokens <= (row.upToInputTokens ?? Infinity),
  );
}

function underRow(rates: Rates, { times, keeps = [] }: OverlayModifier): Rates {
  const entries = Object.entries(rates) as [Meter, Rate][];
  return Object.fromEntries(
    entries.map(([meter, rate]) => [
      meter,
      times === undefined || keeps.includes(meter) ? rate : multiplied(rate, times),
    ]),
  );
}

/** Exact for list prices; else upwards to a whole pico-dollar. */
function multiplied({ picoUsd, tiers }: Rate, [numerator, denominator]: readonly [number, number]): Rate {
  const times = (amount: bigint) => divideUp(amount * BigInt(numerator), BigInt(denominator));
  return { picoUsd: times(picoUsd), tiers: tiers.map((tier) => ({ ...tier, picoUsd: times(tier.picoUsd) })) };
}
