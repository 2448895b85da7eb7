import { billedByOf, listedRates } from "./listed-rates.ts";
import { dashedDate, fits, howMatched } from "./match-clause.ts";
import { variantOf } from "./model-id.ts";
import { nearName } from "./price-fix.ts";
import type { PricedModel, PricedProvider, PriceList } from "./price-list.ts";
import type { UnknownRate } from "./rate-card.ts";
import type { DatedRates } from "./rate-schedule.ts";

/** A model as a price list knows it. */
export interface ListedModel {
  readonly id: string;
  readonly matchedBy: "exact" | "family";
  readonly schedule: readonly DatedRates[];
  readonly contextWindow?: number;
  readonly billedBy?: string;
}

/** Our provider names that the list keeps under another. */
const LISTED_PROVIDER: ReadonlyMap<string, string> = new Map([["google-vertex", "google"]]);

/**
 * The dated rates that a price list has for a provider's model, both as `providerName` and `modelId` write them. Unknown for what it
 * does not have, for an empty or all-zero card, for a model also billed by something that wflo does not count, and for a fine-tune
 * or a deployment that it would price by a part of the name only.
 */
export function listedModel(list: PriceList, provider: string, id: string): ListedModel | UnknownRate {
  const listed = list.providers.get(LISTED_PROVIDER.get(provider) ?? provider);
  if (!listed) return unknown(`the price list has no provider "${provider}"`);
  const model = id.startsWith("arn:") ? undefined : findModel(list, listed, id);
  const matchedBy = model && howMatched(model, id, provider);
  if (!model || !matchedBy) return unknown(whyNot(list, listed.id, id));
  const variant = variantOf(id);
  if (variant !== undefined && matchedBy !== "exact")
    return unknown(`":${variant}" changes what ${id} costs`);
  // A fine-tune costs more than its base, and the list has some under the base's price.
  if (id.startsWith("ft:") && !model.id.startsWith("ft:"))
    return unknown("there is no price for this fine-tune");

  const whole = listedRates(model, list);
  if ("unknown" in whole) return whole;
  // Another provider's tokens may cost the same; its tools are its own.
  const schedule = listed.models.includes(model) ? whole : whole.map((dated) => ({ ...dated, fees: {} }));
  const billedBy = schedule.map((rates) => billedByOf(rates)).find((meter) => meter !== undefined);
  return {
    id: model.id,
    matchedBy,
    schedule,
    ...(model.context_window === undefined ? {} : { contextWindow: model.context_window }),
    ...(billedBy === undefined ? {} : { billedBy }),
  };
}

function whyNot(list: PriceList, provider: string, id: string): string {
  if (id.startsWith("ft:")) return "there is no price for this fine-tune";
  if (id.startsWith("arn:")) return "the resource behind this ARN is not visible in its name";
  const near = nearName(list, provider, id);
  return near === undefined
    ? "the price list has no such model; check the spelling"
    : `the price list has no such model; did you mean ${near}?`;
}

function findModel(list: PriceList, provider: PricedProvider, id: string): PricedModel | undefined {
  return firstOf(list, provider, id) ?? firstOf(list, provider, dashedDate(id));
}

/** The list's first that fits; then that of the providers whose models it serves too. */
function firstOf(list: PriceList, provider: PricedProvider, id: string): PricedModel | undefined {
  const own = provider.models.find(({ match }) => fits(match, id));
  if (own) return own;
  for (const other of provider.fallback_model_providers ?? []) {
    const found = list.providers.get(other)?.models.find(({ match }) => fits(match, id));
    if (found) return found;
  }
  return undefined;
}

function unknown(reason: string): UnknownRate {
  return { unknown: true, reason };
}
