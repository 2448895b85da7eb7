import { MAX_NANO_USD } from "../money/money.ts";
import { nanoUsdFromPico } from "../money/rounding.ts";
import { hostModifiers } from "../pricing/rates/host-modifiers.ts";
import { worstCase } from "../pricing/cost/worst-case.ts";
import type { OpenCall } from "./open-call.ts";

/**
 * What a call costs of whose answer so many output tokens came, in nano-dollars: with its input, or, where nothing bounds that, for
 * the output alone. Undefined where the price of output is not known, and for what is no count.
 */
export function leastCost(
  { estimate, request }: Pick<OpenCall, "estimate" | "request">,
  outputTokens: number,
): bigint | undefined {
  const whole = estimate.costOfOutput(outputTokens);
  const { card } = estimate;
  if (whole !== undefined || card === undefined) return whole;
  if (!Number.isSafeInteger(outputTokens) || outputTokens < 0) return undefined;
  const { serviceTier, host } = request;
  const modifiers = [...(request.modifiers ?? []), ...hostModifiers(host)];
  const rates = worstCase({ card, maxInputTokens: 0, serviceTier, modifiers });
  if ("unknown" in rates) return undefined;
  const nanoUsd = rates.inputNanoUsd + nanoUsdFromPico(rates.outputPicoUsd * BigInt(outputTokens));
  return nanoUsd < MAX_NANO_USD ? nanoUsd : MAX_NANO_USD;
}
