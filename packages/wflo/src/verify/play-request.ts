import type { GuardRequest, PriceTable } from "@wflo/core";
import { budgetsOfCall } from "./budget-tree.ts";
import type { Random } from "./random.ts";

/** The most output tokens of the model that is played. */
export const MODEL_OUTPUT_TOKENS = 4_000;

/** A dollar per million tokens of input and ten of output. */
export const PLAY_PRICES: PriceTable = {
  "verify/unit": {
    input: "1",
    output: "10",
    contextWindow: 100_000,
    maxOutputTokens: MODEL_OUTPUT_TOKENS,
  },
};

/** A request as callers of all kinds make them: long and short, with and without an output cap, some that may be clamped. */
export function playRequest(random: Random): GuardRequest {
  const text = "x".repeat(random.between(10, 400));
  const request = {
    provider: "verify",
    model: "unit",
    parts: [{ kind: "text" as const, text }],
    budgets: budgetsOfCall(random),
    onAbort: random.chance(0.5) ? ("cancel" as const) : ("drain" as const),
    // Waiting takes at most half of it.
    timeoutMs: random.chance(0.2) ? random.between(100, 1_000) : undefined,
  };
  if (random.chance(0.4)) return request;
  return { ...request, maxOutputTokens: random.between(50, 1_500), clamp: random.chance(0.3) };
}
