import { wfloMetadata } from "@wflo/ai-sdk/models";
import { usd } from "@wflo/core";

/** What the steps of an agent's answer have come to. Money in decimal US dollars. */
export interface StepsCost {
  readonly cost: string;
  /** "known" when that of every step is; else the least certain of them. */
  readonly costKind: "known" | "lowerBound" | "unknown";
}

interface Answer {
  readonly steps: readonly { readonly providerMetadata?: object | undefined }[];
}

const CERTAINTY = ["unknown", "lowerBound", "known"] as const;

/**
 * What the steps of an agent's answer were charged, summed exactly. Without failed attempts, and without the agents that worked for it: those, and all
 * else, are in `run.cost()` and `calls.list`. Undefined where no step was metered.
 */
export function stepsCost({ steps }: Answer): StepsCost | undefined {
  const told = steps.flatMap(({ providerMetadata }) => wfloMetadata(providerMetadata) ?? []);
  if (told.length === 0) return undefined;
  const cost = told.reduce((sum, step) => sum.plus(step.cost), usd(0)).toString();
  const least = Math.min(...told.map(({ costKind }) => CERTAINTY.indexOf(costKind)));
  return { cost, costKind: CERTAINTY[least] ?? "unknown" };
}
