import { isReleaseOf } from "../rates/match-clause.ts";
import { modelId } from "../rates/model-id.ts";
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

function isFree({ rates }: RateCard): boolean {
  return Object.values(rates).every(({ picoUsd }) => picoUsd === 0n);
}

/** Whether one name is the other with a date, a version of its release, or `latest` added. */
function isSnapshot(provider: string, asked: string, answered: string): boolean {
  const name = providerName(provider);
  const [a, b] = [modelId(name, asked), modelId(name, answered)];
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.startsWith(short) && isReleaseOf(long.slice(short.length));
}

/**
 * The model that is paid for and its card: the one that answered, unless the user set a price for the one that was asked, or the
 * answer's name has no price, which the card tells. Bedrock's answers leave the region out, which changes the price.
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
  const isSame = isKnown && isSnapshot(provider, asked ?? "", answered ?? "");
  if (!("unknown" in ofAnswered) || !isKnown) return { model: answered, card: ofAnswered };
  if (isSame) return { model: asked, card: ofAsked };
  // A name of a proxy's or a server's own; but nobody knows that it costs nothing.
  return isFree(ofAsked)
    ? { model: answered, card: ofAnswered }
    : { model: asked, card: { ...ofAsked, matchedBy: "asked" } };
}
