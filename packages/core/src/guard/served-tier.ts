import type { Catalogue } from "../pricing/rates/catalogue.ts";
import { costOfAnswer } from "./cost-of-answer.ts";
import type { Outcome } from "./guard-request.ts";
import type { OpenCall } from "./open-call.ts";

/**
 * An outcome with the tier that was asked for, where its answer names none (a proxy may leave it out) and that one is dearer: nobody knows
 * then that it was served for less.
 */
export function withAskedTier(
  catalogue: Catalogue,
  { request: { serviceTier }, label, estimate: { card } }: OpenCall,
  outcome: Outcome,
): Outcome {
  if (outcome.kind !== "answered" || outcome.serviceTier !== undefined || serviceTier === undefined)
    return outcome;
  const asked = { ...outcome, serviceTier };
  const amountOf = (answer: typeof outcome) => {
    const { cost } = costOfAnswer(catalogue, { ...label, card }, answer);
    return cost.kind === "known" ? cost.picoUsd : undefined;
  };
  const [listed, dearer] = [amountOf(outcome), amountOf(asked)];
  return listed !== undefined && dearer !== undefined && dearer > listed ? asked : outcome;
}
