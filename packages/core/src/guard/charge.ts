import { formatUsd, usd } from "../money/money.ts";
import type { ClosingKind } from "../ports/ledger-store.ts";
import { costOfLines, type Cost } from "../pricing/cost/cost.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { costOfAnswer } from "./cost-of-answer.ts";
import type { DoorSettings } from "./door-settings.ts";
import type { Outcome } from "./guard-request.ts";
import { leastCost } from "./least-cost.ts";
import type { OpenCall } from "./open-call.ts";

/** What a call costs, given how it ended: the kind of its entry and the amount, undefined for the held amount. */
export interface Charge {
  readonly kind: ClosingKind;
  readonly costNanoUsd: bigint | undefined;
  readonly cost: Cost;
  readonly card: RateCard | undefined;
}

/** Turns an outcome into a charge: exact, at the hold, or nothing. */
export function chargeOf(door: DoorSettings, call: OpenCall, outcome: Outcome): Charge {
  const nothing = {
    kind: "void",
    costNanoUsd: 0n,
    cost: costOfLines([]),
    card: undefined,
  } as const;
  const { price } = call.request;
  if (price !== undefined) {
    const nanoUsd = usd(price).nanoUsd;
    if (outcome.kind === "answered") {
      return {
        ...nothing,
        kind: "settle",
        costNanoUsd: nanoUsd,
        cost: { ...nothing.cost, nanoUsd, picoUsd: nanoUsd * 1_000n },
      };
    }
    // What is free has nothing that could be in doubt.
    if (nanoUsd === 0n) return nothing;
  }
  switch (outcome.kind) {
    case "rejected":
      return nothing;
    case "doubt":
      return {
        ...nothing,
        kind: "doubt",
        costNanoUsd: undefined,
        cost: { kind: "unknown", reason: outcome.reason },
      };
    case "cut":
      return {
        ...nothing,
        kind: "estimate",
        costNanoUsd: boundOfCut(call, outcome),
        cost: { kind: "unknown", reason: outcome.reason },
      };
    case "answered":
      return answeredCharge(door, call, outcome);
  }
}

/** What came of an answer that broke off, at most; undefined for its hold. Only an answer that passed its hold is charged more. */
function boundOfCut(call: OpenCall, cut: Extract<Outcome, { kind: "cut" }>): bigint | undefined {
  const { outputTokensAtMost: tokens, passedHold = false } = cut;
  if (tokens === undefined) return undefined;
  const bound = passedHold ? leastCost(call, tokens) : call.estimate.costOfOutput(tokens);
  return bound !== undefined && bound > call.heldNanoUsd === passedHold ? bound : undefined;
}

function answeredCharge(
  door: DoorSettings,
  call: OpenCall,
  outcome: Extract<Outcome, { kind: "answered" }>,
): Charge {
  const asked = { ...call.label, card: call.estimate.card };
  const { cost, card } = costOfAnswer(door.catalogue, asked, outcome);
  const kind = call.request.record === true ? "recorded" : "settle";
  if (cost.kind === "known") return { kind, costNanoUsd: cost.nanoUsd, cost, card };
  // The larger of what is known and what was held: never less than the bill as far as it can be read.
  const least = leastOfAnswer(call, outcome, cost);
  const isTold = outcome.noUsage?.isKnown === true || outcome.noUsage?.isExpected === true;
  if (!isTold) warn(door, call, cost, least);
  return { kind: "unmeasured", costNanoUsd: least, cost, card };
}

function leastOfAnswer(
  call: OpenCall,
  { outputTokensAtLeast: tokens }: Extract<Outcome, { kind: "answered" }>,
  cost: Exclude<Cost, { kind: "known" }>,
): bigint | undefined {
  const known = cost.kind === "lowerBound" ? cost.nanoUsd : 0n;
  const came = tokens === undefined ? 0n : (leastCost(call, tokens) ?? 0n);
  const least = came > known ? came : known;
  return least > call.heldNanoUsd ? least : undefined;
}

function warn(
  door: DoorSettings,
  call: OpenCall,
  cost: Exclude<Cost, { kind: "known" }>,
  least: bigint | undefined,
): void {
  const { provider, model } = call.label;
  const what = cost.kind === "unknown" ? cost.reason : `no rate for ${cost.missing.join(", ")}`;
  const charged =
    least === undefined
      ? `at its hold of ${formatUsd(call.heldNanoUsd)}`
      : `as far as it is known, ${formatUsd(least)}`;
  door.log.warn(
    `wflo: the exact cost of call ${call.mark.callId} to ${provider}/${model} is not known (${what}); it is charged ${charged}.`,
  );
}
