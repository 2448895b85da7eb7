import type { Answer, Grant, GuardRequest, PriceTable } from "@wflo/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "./random.ts";

/** A dollar per million tokens of input and ten of output: a thousand and ten thousand nano-dollars a token. */
export const LOAD_PRICES: PriceTable = {
  "bench/unit": { input: "1", output: "10", contextWindow: 100_000, maxOutputTokens: 4_000 },
};
const MODEL_MAX_TOKENS = 4_000;
const INPUT_NANO_USD = 1_000n;
const OUTPUT_NANO_USD = 10_000n;

/** What the callers of a benchmark ask for. `mixed`: some with a cap of their own, some without. `big`: large holds, small bills. */
export type LoadKind = "mixed" | "big" | "smallest";

/** A random request of this kind on these budgets. */
export function loadRequest(kind: LoadKind, random: Random, budgets: readonly string[]): GuardRequest {
  const text = "x".repeat(kind === "smallest" ? 10 : random.between(10, 400));
  const request = { provider: "bench", model: "unit", parts: [{ kind: "text" as const, text }], budgets };
  switch (kind) {
    case "smallest":
      return { ...request, maxOutputTokens: 1 };
    case "big":
      return { ...request, maxOutputTokens: random.between(3_000, MODEL_MAX_TOKENS) };
    case "mixed":
      return random.next() < 0.5 ? request : { ...request, maxOutputTokens: random.between(50, 1_500) };
  }
}

/** The cost of an answer in nano-dollars, by its own arithmetic. */
export function loadCost(inputTokens: number, outputTokens: number): bigint {
  return BigInt(inputTokens) * INPUT_NANO_USD + BigInt(outputTokens) * OUTPUT_NANO_USD;
}

/** 1 to 20 ms of work, then a random bill below the bound that the hold was taken for. */
export async function loadAnswer(
  kind: LoadKind,
  random: Random,
  request: GuardRequest,
  grant: Grant,
): Promise<Answer<bigint>> {
  await sleep(random.between(1, 20));
  const most = Math.min(
    request.maxOutputTokens ?? MODEL_MAX_TOKENS,
    grant.maxOutputTokens ?? MODEL_MAX_TOKENS,
  );
  const outputTokens = random.between(0, kind === "big" ? Math.floor(most / 5) : most);
  const inputTokens = random.between(1, 500);
  return {
    value: loadCost(inputTokens, outputTokens),
    outcome: { kind: "answered", usage: { inputTokens, outputTokens } },
  };
}
