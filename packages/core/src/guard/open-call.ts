import { decimalUsd, formatUsd } from "../money/money.ts";
import type { ClosingKind, CallLabel, Settlement } from "../ports/ledger-store.ts";
import { costOfUsage, type Cost } from "../pricing/cost-of-usage.ts";
import type { RateCard } from "../pricing/rate-card.ts";
import { receiptOf } from "../pricing/receipt.ts";
import type { CallMark } from "../run/run-context.ts";
import type { DoorSettings } from "./door-settings.ts";
import type { Estimate } from "./estimate.ts";
import type { Grant, GuardRequest, Outcome } from "./guard-request.ts";

/** A call that holds money: from its grant to its settlement. */
export interface OpenCall {
  readonly request: GuardRequest;
  readonly mark: OpenMark;
  readonly label: CallLabel;
  readonly budgetIds: readonly string[];
  readonly estimate: Estimate;
  readonly heldNanoUsd: bigint;
  readonly grant: Grant;
  readonly wire: AbortController;
  readonly startedAtMs: number;
  /** `hurry` lets a stream be read to its end without waiting for its consumer. */
  readonly pace: { hurry: () => void };
  /** Resolves when the settlement is in the outbox. */
  readonly closed: PromiseWithResolvers<void>;
}

/** The mark of a call in the context of its attempt; knows whether a call inside took the hold over. */
export interface OpenMark extends CallMark {
  /** The client whose call it is: one client cannot take over what another holds. */
  readonly door: object;
  /** Calls inside are held on these as well. */
  readonly budgetIds: readonly string[];
  /** Set when a guard opened inside the attempt has taken this call's hold over. */
  takenOver: boolean;
}

/** What a call costs, given how it ended: the kind of its entry and the amount, undefined for the held amount. */
interface Charge {
  readonly kind: ClosingKind;
  readonly costNanoUsd: bigint | undefined;
  readonly cost: Cost;
  readonly card: RateCard | undefined;
}

/** Writes the settlement of a call and hands it to the outbox. Resolves when the ledger has it, if the client awaits settles. */
export async function closeCall(door: DoorSettings, call: OpenCall, outcome: Outcome): Promise<void> {
  const { mark } = call;
  door.holds.leave(mark.callId);
  if (mark.takenOver) {
    call.closed.resolve();
    return;
  }
  const charge = chargeOf(door, call, outcome);
  const latencyMs = Math.round(door.clock.monotonic() - call.startedAtMs);
  const settlement: Settlement = {
    callId: mark.callId,
    settlementId: door.ids.next(),
    kind: charge.kind,
    costNanoUsd: charge.costNanoUsd,
    receipt: receipt(call, outcome, charge, latencyMs),
  };
  door.crashPoint("before-settle");
  door.outbox.add(settlement, call.budgetIds);
  if (door.emitter.has("call-end")) reportEnd(door, call, outcome, charge, latencyMs);
  call.closed.resolve();
  if (door.settle === "await" || door.waitUntil) {
    // A paid answer is not thrown away because the ledger is slow: the outbox goes on trying.
    const flushed = door.outbox
      .flush(FLUSH_MS)
      .catch((error: unknown) => door.log.error("wflo: a settle is late.", { error }));
    if (door.waitUntil) door.waitUntil(flushed);
    else await flushed;
  }
}

const FLUSH_MS = 30_000;

function reportEnd(
  door: DoorSettings,
  call: OpenCall,
  outcome: Outcome,
  charge: Charge,
  latencyMs: number,
): void {
  door.emitter.emit("call-end", {
    ...call.label,
    callId: call.mark.callId,
    kind: charge.kind,
    costKind: charge.cost.kind,
    cost: decimalUsd(charge.costNanoUsd ?? call.heldNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    usage: outcome.kind === "answered" ? outcome.usage : undefined,
    latencyMs,
    reason: outcome.kind === "answered" ? undefined : outcome.reason,
  });
}

function chargeOf(door: DoorSettings, call: OpenCall, outcome: Outcome): Charge {
  const nothing: Charge = {
    kind: "void",
    costNanoUsd: 0n,
    cost: { kind: "known", nanoUsd: 0n, lines: [] },
    card: undefined,
  };
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
        costNanoUsd: undefined,
        cost: { kind: "unknown", reason: outcome.reason },
      };
    case "answered":
      return answeredCharge(door, call, outcome);
  }
}

function answeredCharge(
  door: DoorSettings,
  call: OpenCall,
  outcome: Extract<Outcome, { kind: "answered" }>,
): Charge {
  const card = servedCard(door, call, outcome.model);
  const cost: Cost = costOf(card, outcome);
  if (cost.kind === "known") return { kind: "settle", costNanoUsd: cost.nanoUsd, cost, card };
  const what = cost.kind === "unknown" ? cost.reason : `no rate for ${cost.missing.join(", ")}`;
  door.log.warn(
    `wflo: the exact cost of call ${call.mark.callId} to ${call.label.provider}/${call.label.model} is not known (${what}); ` +
      `it is charged at its hold of ${formatUsd(call.heldNanoUsd)}.`,
  );
  // The larger of what is known and what was held: never less than the bill as far as it can be read.
  const least = cost.kind === "lowerBound" && cost.nanoUsd > call.heldNanoUsd ? cost.nanoUsd : undefined;
  return { kind: "unmeasured", costNanoUsd: least, cost, card };
}

function servedCard(door: DoorSettings, call: OpenCall, served: string | undefined): RateCard | undefined {
  const asked = call.estimate.card;
  // A price that the user set for what was asked wins over the list price of what served it.
  if (served === undefined || served === call.label.model || asked?.matchedBy === "user") return asked;
  const card = door.catalogue.find({ provider: call.label.provider, model: served });
  return "unknown" in card ? asked : card;
}

function costOf(card: RateCard | undefined, outcome: Extract<Outcome, { kind: "answered" }>): Cost {
  if (outcome.usage === undefined) return { kind: "unknown", reason: "the answer has no usage" };
  if (card === undefined) return { kind: "unknown", reason: "the price of the model is not known" };
  return costOfUsage({ card, usage: outcome.usage, serviceTier: outcome.serviceTier });
}

function receipt(
  call: OpenCall,
  outcome: Outcome,
  charge: Charge,
  latencyMs: number,
): Record<string, unknown> {
  return {
    ...(charge.card ? receiptOf(charge.card, charge.cost) : {}),
    costKind: charge.cost.kind,
    bound: decimalUsd(call.estimate.boundNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    latencyMs,
    ...(outcome.kind === "answered"
      ? { usage: outcome.usage, servedModel: outcome.model, serviceTier: outcome.serviceTier }
      : { reason: outcome.reason }),
    ...(call.grant.maxOutputTokens === undefined
      ? {}
      : { appliedMaxOutputTokens: call.grant.maxOutputTokens }),
  };
}
