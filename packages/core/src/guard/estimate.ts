import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { UnknownPriceError } from "../errors/unknown-price-error.ts";
import { MAX_NANO_USD, usd } from "../money/money.ts";
import { divideDown, nanoUsdFromPico } from "../money/rounding.ts";
import type { Catalogue } from "../pricing/catalogue.ts";
import type { RateCard } from "../pricing/rate-card.ts";
import { worstCase } from "../pricing/worst-case.ts";
import type { GuardRequest } from "./guard-request.ts";
import { utf8Length } from "./utf8-length.ts";

/** Tokens a provider may add around a request that are not in its bytes. */
const REQUEST_OVERHEAD_TOKENS = 512;
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
  /** The most output tokens (over all answers) that a hold of `amount` pays for; undefined when the hold is the whole bound. */
  outputTokensFor(amountNanoUsd: bigint): number | undefined;
}

/**
 * An upper bound on the cost of a request: a token is at least one byte, at the dearest rates that can apply.
 * `wantOutputTokens` is what is asked for when money is short and the caller set no cap.
 * Throws `UnknownPriceError` and `UnboundedRequestError` when there is no bound.
 */
export function estimate(request: GuardRequest, catalogue: Catalogue, wantOutputTokens: number): Estimate {
  if (request.price !== undefined) return fixedEstimate(undefined, usd(request.price).nanoUsd);
  const card = catalogue.find({ provider: request.provider, model: request.model });
  const known = "unknown" in card ? undefined : card;
  if (request.hold !== undefined) return fixedEstimate(known, usd(request.hold).nanoUsd);
  if ("unknown" in card) throw new UnknownPriceError(request.provider, request.model, card.reason);
  if (request.record === true) return fixedEstimate(known, RECORD_HOLD_NANO_USD);
  const rates = worstCase({
    card,
    maxInputTokens: inputTokens(request, card),
    serviceTier: request.serviceTier,
  });
  if ("unknown" in rates) throw new UnknownPriceError(request.provider, request.model, rates.reason);

  const { inputNanoUsd, outputPicoUsd } = rates;
  const withOutput = (tokens: number) =>
    atMost(inputNanoUsd + nanoUsdFromPico(outputPicoUsd * BigInt(tokens)));
  const outputs = request.outputs ?? 1;
  const ceiling = card.maxOutputTokens;
  const cap = leastOf(request.maxOutputTokens, ceiling);
  const boundNanoUsd =
    cap === undefined && outputPicoUsd > 0n ? MAX_NANO_USD : withOutput((cap ?? 0) * outputs);
  if (request.canCap === false && boundNanoUsd === MAX_NANO_USD) {
    throw new UnboundedRequestError(
      `its output cannot be capped, and the longest output of ${card.id} is not known`,
    );
  }
  if (request.canCap === false) return fixedEstimate(known, boundNanoUsd);
  if (request.maxOutputTokens !== undefined && request.clamp !== true)
    return fixedEstimate(known, boundNanoUsd);

  const least = request.reasoning === true ? MIN_REASONING_OUTPUT_TOKENS : MIN_OUTPUT_TOKENS;
  const needNanoUsd = leastAmount(boundNanoUsd, withOutput((leastOf(least, cap) ?? least) * outputs));
  const targetNanoUsd = leastAmount(boundNanoUsd, withOutput(Math.max(wantOutputTokens, least) * outputs));
  return {
    card: known,
    boundNanoUsd,
    needNanoUsd,
    targetNanoUsd,
    outputTokensFor(amountNanoUsd) {
      if (amountNanoUsd >= boundNanoUsd || outputPicoUsd === 0n) return undefined;
      const tokens = divideDown((amountNanoUsd - inputNanoUsd) * 1_000n, outputPicoUsd * BigInt(outputs));
      return Number(tokens < 1n ? 1n : tokens);
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
    outputTokensFor: () => undefined,
  };
}

function inputTokens(request: GuardRequest, card: RateCard): number {
  let bytes = request.tools === undefined ? 0 : utf8Length(JSON.stringify(request.tools) ?? "");
  for (const part of request.parts) {
    if (typeof part === "string") {
      bytes += utf8Length(part);
      continue;
    }
    switch (part.kind) {
      case "text":
        bytes += utf8Length(part.text);
        break;
      case "opaque":
        if (card.contextWindow === undefined) {
          throw new UnboundedRequestError(
            `it has ${part.what}, and the context window of ${card.id} is not known`,
          );
        }
        // A request cannot bring in more than the model can read.
        bytes = Math.max(bytes, card.contextWindow);
        break;
      case "unbounded":
        throw new UnboundedRequestError(`it has ${part.what}, which is billed beyond the request`);
      default:
        throw new InvalidOptionError(
          'A part of a request is a text, or { kind: "text" | "opaque" | "unbounded", … }.',
        );
    }
  }
  return bytes + REQUEST_OVERHEAD_TOKENS;
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
