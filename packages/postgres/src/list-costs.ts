import type { CostGroup } from "@wflo/core";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readLabel } from "./read-label.ts";
import { isUuid } from "./uuid-of.ts";

const COSTS = `select step, agent, checkpoint_id, thread, provider, model, calls, charged, input_tokens, output_tokens, latency_ms,
  failures, inexact from wflo.costs($1, $2)`;

/** The entries of a run added up by label. Amounts in nano-dollars. */
export async function listCosts(
  driver: MigratedDriver,
  tenant: string,
  runId: string,
): Promise<readonly CostGroup[]> {
  if (!isUuid(runId)) return [];
  const params = [keyOf("tenant", tenant), runId];
  const rows = await driver.query({ text: COSTS, params, name: "wflo_costs" });
  return (rows as readonly CostCells[]).map(
    ([step, agent, checkpointId, thread, provider, model, ...sums]) => {
      const [calls, charged, inputTokens, outputTokens, latencyMs, failures, inexact] = sums;
      return {
        label: readLabel({ runId, step, agent, checkpointId, thread, provider, model }),
        calls: Number(calls),
        chargedNanoUsd: BigInt(charged),
        inputTokens: Number(inputTokens),
        outputTokens: Number(outputTokens),
        latencyMs: Number(latencyMs),
        failures: Number(failures),
        inexact: Number(inexact),
      };
    },
  );
}

/** In the order of `COSTS`. */
type CostCells = readonly [
  step: string | null,
  agent: string | null,
  checkpointId: string | null,
  thread: string | null,
  provider: string,
  model: string,
  calls: string,
  charged: string,
  inputTokens: string,
  outputTokens: string,
  latencyMs: string,
  failures: string,
  inexact: string,
];
