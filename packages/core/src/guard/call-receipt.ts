import { decimalUsd, usd } from "../money/money.ts";
import { receiptOf } from "../pricing/cost/receipt.ts";
import { usageInReceipt } from "../pricing/usage/usage-in-receipt.ts";
import type { Charge } from "./charge.ts";
import type { Outcome } from "./guard-request.ts";
import type { OpenCall } from "./open-call.ts";

/** Why an entry is as it is, as plain JSON: rate card, tokens, estimate, latency, and how the call ended. */
export function callReceipt(
  call: OpenCall,
  outcome: Outcome,
  charge: Charge,
  latencyMs: number,
): Record<string, unknown> {
  return {
    ...(charge.card ? receiptOf(charge.card, charge.cost) : {}),
    costKind: charge.cost.kind,
    ...(call.request.price === undefined ? {} : { price: decimalUsd(usd(call.request.price).nanoUsd) }),
    bound: decimalUsd(call.estimate.boundNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    latencyMs,
    ...(call.estimate.method === "fixed" ? {} : { estimatedBy: call.estimate.method }),
    ...(call.estimate.inputTokens === undefined ? {} : { boundInputTokens: call.estimate.inputTokens }),
    ...(outcome.kind === "answered"
      ? {
          ...usageInReceipt(outcome.usage),
          servedModel: outcome.model,
          serviceTier: outcome.serviceTier,
          ...(outcome.noUsage ? { noUsage: outcome.noUsage.reason } : {}),
        }
      : { reason: outcome.reason }),
    ...(outcome.kind === "doubt" && outcome.remoteId !== undefined ? { remoteId: outcome.remoteId } : {}),
    ...(call.grant.maxOutputTokens === undefined
      ? {}
      : { appliedMaxOutputTokens: call.grant.maxOutputTokens }),
  };
}
