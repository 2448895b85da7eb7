import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { UnknownPriceError } from "../errors/unknown-price-error.ts";
import { WfloError } from "../errors/wflo-error.ts";
import { MAX_NANO_USD, usd, type MoneyInput } from "../money/money.ts";
import { divideDown, nanoUsdFromPico } from "../money/rounding.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { hostModifiers } from "../pricing/rates/host-modifiers.ts";
import { priceFix } from "../pricing/rates/price-fix.ts";
import { worstCase } from "../pricing/cost/worst-case.ts";
import type { Anchors } from "./anchors.ts";
import type { GuardRequest } from "./guard-request.ts";
import { RequestInput, type CountText, type InputBound, type InputMethod } from "./input-bound.ts";

/** In JSON of either form, narrow or wide. */
const FOR_AN_HOUR = /"ttl": ?"1h"/;
const MIN_OUTPUT_TOKENS = 1_024;
const MIN_REASONING_OUTPUT_TOKENS = 4_096;

/** What a call holds that is only recorded: the smallest amount, 1 nano-dollar. */
export const RECORD_HOLD_NANO_USD = 1n;

/** What a call may cost, before it is sent. Amounts in nano-dollars. */
export interface Estimate {
  readonly card: RateCard | undefined;
  readonly boundNanoUsd: bigint;
  readonly needNanoUsd: bigint;
  readonly targetNanoUsd: bigint;
  /** What the input rests on; `fixed` where `hold`, `price` or `record` stand in for an estimate. */
  readonly method: InputMethod | "fixed";
  /** The most input tokens; undefined where the estimate is fixed. */
  readonly inputTokens: number | undefined;
  /** The most output tokens (over all answers) that a hold of `amount` pays for; undefined when the hold is the whole bound. */
  readonly outputTokensFor: (amountNanoUsd: bigint) => number | undefined;
  /** The most that the input and so many output tokens (over all answers) cost; undefined where nothing bounds them, and for what is no count. */
  readonly costOfOutput: (tokens: number) => bigint | undefined;
}

/** What an estimate is made with. */
export interface EstimateMeans {
  readonly catalogue: Catalogue;
  readonly anchors: Anchors;
  /** What is asked for when money is short and the caller set no cap. */
  readonly wantOutputTokens: number;
  /** A count of texts, for a lower bound of the input where the first is `isTooDear`. */
  readonly counting?:
    | { readonly countText: CountText; readonly isTooDear: (boundNanoUsd: bigint) => boolean }
    | undefined;
}

/**
 * An upper bound on the cost of a request, at the dearest rates that can apply (for its tokens see `input-bound.ts`).
 * Throws `UnknownPriceError` and `UnboundedRequestError` when there is no bound.
 */
export function estimate(request: GuardRequest, means: EstimateMeans): Estimate {
  if (request.price !== undefined) return fixedEstimate(undefined, usd(request.price).nanoUsd);
  const card = means.catalogue.find({ provider: request.provider, model: request.model });
  const known = "unknown" in card ? undefined : card;
  if (request.hold !== undefined) return heldEstimate(request, request.hold, known, means);
  if ("unknown" in card) throw unknownPrice(request, card.reason);
  if (request.record === true) return fixedEstimate(known, RECORD_HOLD_NANO_USD);

  const input = new RequestInput(request, card, means.anchors);
  const first = priced(request, card, input, input.bound, means.wantOutputTokens);
  if (means.counting?.isTooDear(first.boundNanoUsd) !== true) return first;
  const counted = input.counted(means.counting.countText);
  return counted === input.bound ? first : priced(request, card, input, counted, means.wantOutputTokens);
}

function unknownPrice({ provider, model }: GuardRequest, reason: string): UnknownPriceError {
  return new UnknownPriceError(provider, model, reason, priceFix(provider, model));
}

function priced(
  request: GuardRequest,
  card: RateCard,
  { uses, allowed }: RequestInput,
  { tokens: inputTokens, method }: InputBound,
  wantOutputTokens: number,
): Estimate {
  if (isOutputUnpriced(request, card))
    throw unknownPrice(request, 'your price has no output; output: "0" is for one that costs nothing');
  // It searches, cites and thinks at its own will.
  if (card.fees?.["citation_token"])
    throw new UnboundedRequestError(`${card.id} is also billed for what it searches, cites and thinks`);
  const { serviceTier, cachesForAnHour = hasPriceForAnHour(card) && asksForAnHour(request) } = request;
  const modifiers = [...(request.modifiers ?? []), ...hostModifiers(request.host)];
  const rates = worstCase({
    card,
    maxInputTokens: inputTokens,
    serviceTier,
    modifiers,
    cachesForAnHour,
    uses: allowed,
  });
  if ("unknown" in rates) throw unknownPrice(request, rates.reason);
  const { inputNanoUsd, outputPicoUsd } = rates;
  const attempts = BigInt(request.attempts ?? 1);
  const withOutput = (tokens: number) =>
    atMost(attempts * (inputNanoUsd + nanoUsdFromPico(outputPicoUsd * BigInt(tokens))));
  const outputs = request.outputs ?? 1;
  const cap = leastOf(request.maxOutputTokens, card.maxOutputTokens);
  // The caller's cap is for the whole answer, the model's own for each time it goes on after work of the provider's.
  const turns = request.maxOutputTokens === undefined ? uses + 1 : 1;
  const boundNanoUsd =
    cap === undefined && outputPicoUsd > 0n ? MAX_NANO_USD : withOutput((cap ?? 0) * outputs * turns);
  if (request.canCap === false && boundNanoUsd === MAX_NANO_USD) {
    throw new UnboundedRequestError(
      `its output cannot be capped, and the longest output of ${card.id} is not known`,
    );
  }
  const whole = {
    ...fixedEstimate(card, boundNanoUsd),
    method,
    inputTokens,
    costOfOutput: (tokens: number) =>
      Number.isSafeInteger(tokens) && tokens >= 0 ? withOutput(tokens) : undefined,
  };
  if (request.canCap === false) return whole;
  if (request.maxOutputTokens !== undefined && request.clamp !== true) return whole;

  const least = request.reasoning === true ? MIN_REASONING_OUTPUT_TOKENS : MIN_OUTPUT_TOKENS;
  return {
    ...whole,
    needNanoUsd: leastAmount(boundNanoUsd, withOutput((leastOf(least, cap) ?? least) * outputs)),
    targetNanoUsd: leastAmount(boundNanoUsd, withOutput(Math.max(wantOutputTokens, least) * outputs)),
    outputTokensFor(amountNanoUsd) {
      if (amountNanoUsd >= boundNanoUsd || outputPicoUsd === 0n) return undefined;
      const perAttempt = amountNanoUsd / attempts - inputNanoUsd;
      const tokens = divideDown(perAttempt * 1_000n, outputPicoUsd * BigInt(outputs));
      const granted = Number(tokens < 1n ? 1n : tokens);
      return leastOf(granted, cap);
    },
  };
}

/** Else requests need not be searched for what asks for it. */
function hasPriceForAnHour({ rates, mayAlsoApply = [] }: RateCard): boolean {
  return [rates, ...mayAlsoApply].some(({ cacheWrite1h }) => cacheWrite1h !== undefined);
}

/** As Anthropic's `cache_control` says it in settings, tools and messages, and in parts of them. */
function asksForAnHour({ parts, tools }: GuardRequest): boolean {
  const texts = parts.map((part) => {
    if (typeof part === "string") return part;
    return part.kind === "text" ? part.text : part.kind === "opaque" ? (part.key ?? "") : "";
  });
  return [...texts, JSON.stringify(tools) ?? ""].some((text) => FOR_AN_HOUR.test(text));
}

/** A price of the user's own is zero only where that is written; a request that takes no cap may be one without output, as for embeddings. */
function isOutputUnpriced({ canCap, maxOutputTokens }: GuardRequest, { source, rates }: RateCard): boolean {
  return (
    source === "user" && rates.output === undefined && (canCap !== false || maxOutputTokens !== undefined)
  );
}

/** The caller says what to hold; what came of an answer may still be known. */
function heldEstimate(
  request: GuardRequest,
  hold: MoneyInput,
  card: RateCard | undefined,
  { anchors, wantOutputTokens }: EstimateMeans,
): Estimate {
  const held = fixedEstimate(card, usd(hold).nanoUsd);
  if (card === undefined) return held;
  return {
    ...held,
    costOfOutput(tokens) {
      try {
        // A copy: nothing is learned from what was held by hand, which may be only a part of what was sent.
        const input = new RequestInput({ ...request }, card, anchors);
        return priced(request, card, input, input.bound, wantOutputTokens).costOfOutput(tokens);
      } catch (error) {
        // It may have been held by hand for the very reason that nothing bounds it.
        if (WfloError.isInstance(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Everything or nothing: no part of it can be saved by a smaller output cap. */
function fixedEstimate(card: RateCard | undefined, amountNanoUsd: bigint): Estimate {
  return {
    card,
    boundNanoUsd: amountNanoUsd,
    needNanoUsd: amountNanoUsd,
    targetNanoUsd: amountNanoUsd,
    method: "fixed",
    inputTokens: undefined,
    outputTokensFor: () => undefined,
    costOfOutput: () => undefined,
  };
}

function leastOf(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

function leastAmount(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function atMost(nanoUsd: bigint): bigint {
  return leastAmount(nanoUsd, MAX_NANO_USD);
}
