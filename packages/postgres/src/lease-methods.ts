import type { LeasedCall, LeaseStore } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import { settlementJson } from "./settlements.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

interface StateJson {
  readonly isHeld: boolean;
  readonly amount: string;
  readonly isWanted: boolean;
  readonly warnings: readonly WarningJson[] | null;
}

/** The part of the ledger that keeps leases. */
export function leaseMethods(driver: MigratedDriver): LeaseStore {
  return {
    async post(tenant, { leaseId, calls, keepNanoUsd, ttlMs }) {
      if (!isUuid(leaseId)) return undefined;
      const json = await driver.call("post_leased", [
        keyOf("tenant", tenant),
        leaseId,
        keepNanoUsd ?? null,
        Math.round(ttlMs),
        `[${calls.map(leasedCallJson).join(",")}]`,
      ]);
      if (json === undefined) return undefined;
      const { isHeld, amount, isWanted, warnings } = json as StateJson;
      const state = { isHeld, amountNanoUsd: BigInt(amount), isWanted };
      return warnings === null ? state : { ...state, warnings: readWarnings(warnings) };
    },
    async recall(tenant, budgetIds) {
      const ids = budgetIds.map((id) => keyOf("budget id", id));
      if (ids.length > 0) await driver.call("recall", [keyOf("tenant", tenant), ids]);
    },
  };
}

/** One `wflo.leased_call`. */
function leasedCallJson({ label, heldNanoUsd, ...settlement }: LeasedCall): string {
  const { runId, step, agent, checkpointId, thread, provider, model } = label;
  const textOf = (text: string | undefined) => (text === undefined ? null : cleanText(text));
  return settlementJson(
    { ...settlement, callId: uuidOf("call id", settlement.callId) },
    {
      held: String(heldNanoUsd),
      run: runId === undefined ? null : uuidOf("run id", runId),
      step: textOf(step),
      agent: textOf(agent),
      checkpoint: textOf(checkpointId),
      thread: textOf(thread),
      provider: textOf(provider),
      model: textOf(model),
    },
  );
}
