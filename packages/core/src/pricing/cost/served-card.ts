import { providerName } from "../rates/provider-name.ts";
import type { RateCard, UnknownRate } from "../rates/rate-card.ts";

/** The models of one call. */
export interface ModelsOfCall {
  readonly provider: string;
  readonly asked: string | undefined;
  /** As the answer names it. */
  readonly answered: string | undefined;
  readonly cardOf: (model: string) => RateCard | UnknownRate;
}

/**
 * The model that is paid for and its card: the one that answered, unless the user set a price for the one that was asked, or the
 * answer's name has no price. Bedrock's answers leave the region out, which changes the price.
 */
export function servedCard({ provider, asked, answered, cardOf }: ModelsOfCall): {
  readonly model: string | undefined;
  readonly card: RateCard | UnknownRate;
} {
  if (asked === undefined && answered === undefined) {
    const reason = "neither the answer nor the caller names a model; pass model";
    return { model: undefined, card: { unknown: true, reason } };
  }
  const ofAsked = asked === undefined ? undefined : cardOf(asked);
  const isKnown = ofAsked !== undefined && !("unknown" in ofAsked);
  const isFixed = providerName(provider) === "aws" || (isKnown && ofAsked.matchedBy === "user");
  if (ofAsked && (isFixed || answered === undefined || answered === asked))
    return { model: asked, card: ofAsked };
  const ofAnswered = cardOf(answered ?? "");
  return "unknown" in ofAnswered && isKnown
    ? { model: asked, card: ofAsked }
    : { model: answered, card: ofAnswered };
}
