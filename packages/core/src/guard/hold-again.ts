import type { DoorSettings } from "./door-settings.ts";
import type { OpenCall } from "./open-call.ts";
import { HOLD_TTL_MS } from "./open-holds.ts";

/**
 * Holds a call anew, at nothing, for its bill to be booked on: a call inside took its hold over in the very moment in which it ended. Tells
 * in the log when the store takes no such hold, as of a paused budget: then the bill cannot be booked.
 */
export async function holdAgain(door: DoorSettings, { mark, budgetIds, label }: OpenCall): Promise<void> {
  const { tenant, ledger, log } = door;
  const nothing = { boundNanoUsd: 0n, needNanoUsd: 0n, targetNanoUsd: 0n };
  const { callId } = mark;
  const verdict = await ledger.reserve({
    tenant,
    callId,
    budgetIds,
    ...nothing,
    share: 1,
    ttlMs: HOLD_TTL_MS,
    label,
  });
  if (verdict.code !== "granted" && verdict.code !== "replay")
    log.error(`wflo: the charge of call ${callId} cannot be booked: ${verdict.code}.`);
}
