import type { PriceTable } from "@wflo/core";

/** The model of the kill benchmark. */
export const KILL_MODEL = "bench-kill";

/** A dollar per million tokens of input and ten of output: a thousand and ten thousand nano-dollars a token. */
export const KILL_PRICES: PriceTable = {
  [`openai/${KILL_MODEL}`]: { input: "1", output: "10", contextWindow: 100_000, maxOutputTokens: 4_000 },
};

/** The bill of an answer in nano-dollars, by arithmetic of its own. */
export function killCost(inputTokens: number, outputTokens: number): bigint {
  return BigInt(inputTokens) * 1_000n + BigInt(outputTokens) * 10_000n;
}
