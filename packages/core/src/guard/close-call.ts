import { decimalUsd } from "../money/money.ts";
import type { Settlement } from "../ports/ledger-store.ts";
import { callCharge } from "./call-charge.ts";
import { callReceipt } from "./call-receipt.ts";
import { chargeOf, type Charge } from "./charge.ts";
import type { DoorSettings } from "./door-settings.ts";
import { hostModifiers } from "../pricing/rates/host-modifiers.ts";
import type { Outcome } from "./guard-request.ts";
import { holdAgain } from "./hold-again.ts";
import type { OpenCall, OpenMark } from "./open-call.ts";
import { withAskedTier } from "./served-tier.ts";
import { keepAwake, writtenDown } from "./written-down.ts";

/** What an attempt gets to end once its wire is cut, before its call is closed without it. */
const STUCK_MS = 1_500;

/**
 * Closes a call once: writes its settlement and hands it to the outbox. Resolves when the ledger has it, if the client awaits
 * settles. Never rejects. A call whose hold was taken over has nothing to settle; one that was closed by force still brings in
 * its bill when it has one after all.
 */
export async function closeCall(door: DoorSettings, call: OpenCall, outcome: Outcome): Promise<void> {
  const { mark, state } = call;
  const isBill =
    outcome.kind === "answered" && (outcome.usage !== undefined || call.request.price !== undefined);
  const hasBillAfterAll = state.end === "forced" && isBill;
  if (state.end !== undefined && !hasBillAfterAll) return;
  state.end = "settled";
  mark.isClosed = true;
  door.holds.leave(mark.callId);
  if (outcome.kind !== "rejected") tellAbove(mark);
  const { takeover } = mark;
  if (takeover === undefined) return settleCall(door, call, outcome);
  if (!mark.takenOver && isOwn(outcome)) {
    mark.takeover = undefined;
    return settleCall(door, call, outcome, () => holdAgain(door, call));
  }
  // A call inside is asking for the hold, or has it. Whether there is something to settle is known when it is told.
  void takeover.then((isTaken) => {
    // Its bill has come meanwhile.
    if (state.charge !== undefined) return;
    if (!isTaken) return settleCall(door, call, outcome);
    call.closed.resolve();
    call.settled.resolve();
  });
}

/**
 * Closes a call in doubt whose time-out ran out before there was an answer: nobody waits any more, and what comes next, such as
 * the SDK's own retry, must not wait for its hold. Should the answer be read to its end all the same, its bill comes in late.
 */
export function closeIfTimedOut(door: DoorSettings, call: OpenCall): void {
  if (call.request.timedOut?.aborted !== true || call.state.end !== undefined) return;
  void closeCall(door, call, { kind: "doubt", reason: "the time-out ran out before there was an answer" });
  call.state.end = "forced";
}

/** Closes a call whose attempt does not end although its wire was cut: no hold outlives its call. */
export function closeIfStuck(door: DoorSettings, call: OpenCall): void {
  const force = () => {
    if (call.state.end !== undefined) return;
    void closeCall(door, call, { kind: "doubt", reason: "it did not end when it was cut" });
    call.state.end = "forced";
  };
  const watch = () =>
    void call.closed.promise.then(door.clock.schedule(force, STUCK_MS, { keepAlive: true }));
  call.wire.signal.addEventListener("abort", watch, { once: true });
}

/** What an attempt comes to; rejects with the reason of its wire once its call was closed because it did not end. */
export async function unlessStuck<T>(call: OpenCall, work: Promise<T>): Promise<T> {
  const { state, wire, closed } = call;
  const stuck = closed.promise.then(() => {
    if (state.end === "forced") wire.signal.throwIfAborted();
    return work;
  });
  return Promise.race([work, stuck]);
}

function tellAbove(mark: OpenMark): void {
  for (let above = mark.parent as OpenMark | undefined; above; above = above.parent as OpenMark | undefined)
    above.isPaidInside = true;
}

/** What the host changes in the price is in no answer. */
function withHost(outcome: Outcome, host: string | undefined): Outcome {
  const places = hostModifiers(host);
  if (outcome.kind !== "answered" || outcome.usage === undefined || places.length === 0) return outcome;
  const { usage } = outcome;
  return { ...outcome, usage: { ...usage, modifiers: [...(usage.modifiers ?? []), ...places] } };
}

/** Whether there was an answer. While a call inside has not been let through it cannot be that one's. */
function isOwn({ kind }: Outcome): boolean {
  return kind === "answered" || kind === "cut";
}

async function settleCall(
  door: DoorSettings,
  call: OpenCall,
  told: Outcome,
  onHoldGone?: () => Promise<void>,
): Promise<void> {
  const { mark } = call;
  // Its bill comes after all.
  const hasCharge = call.state.charge !== undefined;
  const outcome = withAskedTier(door.catalogue, call, withHost(told, call.request.host));
  const charge = chargeOf(door, call, outcome);
  if (hasCharge && door.outbox.isClosed) return tellTooLate(door, mark.callId, charge);
  const latencyMs = Math.round(door.clock.monotonic() - call.startedAtMs);
  const settlement: Settlement = {
    callId: mark.callId,
    settlementId: door.ids.next(),
    kind: charge.kind,
    costNanoUsd: charge.costNanoUsd,
    receipt: callReceipt(call, outcome, charge, latencyMs),
  };
  call.state.charge = callCharge(call, charge);
  door.crashPoint("before-settle");
  const acknowledged = door.outbox.add(settlement, call.budgetIds, elsewhere(call, settlement, onHoldGone));
  door.unsettled.add(call.budgetIds, charge.costNanoUsd ?? call.heldNanoUsd, acknowledged);
  acknowledged.then(call.settled.resolve, call.settled.resolve);
  if (door.emitter.has("call-end")) reportEnd(door, call, outcome, charge, latencyMs);
  call.closed.resolve();
  // What had no hold is not counted before it is settled, and the next call must see it.
  const isUncounted = charge.kind === "recorded" && call.budgetIds.length > 0;
  const written = () => writtenDown(door, acknowledged);
  const isAwake = hasCharge ? keepAwake(door, written) : call.isAwake;
  const isFollowed = door.waitUntil ? isAwake : door.settle === "background";
  // A paid answer is not thrown away because the ledger is slow.
  if (!isFollowed || isUncounted) await written();
}

/** The client was closed, and the call in doubt, when its bill came. */
function tellTooLate({ log }: DoorSettings, callId: string, { costNanoUsd }: Charge): void {
  if (costNanoUsd === undefined) return;
  const bill = `{ cost: "${decimalUsd(costNanoUsd)}" }`;
  log.warn(
    `wflo: the bill of call ${callId} came when its client was closed; it stays in doubt until wflo.calls.resolve("${callId}", ${bill}).`,
  );
}

/** Where the charge goes when the call's hold is not there. */
function elsewhere(
  { mark: { heir }, heldNanoUsd }: OpenCall,
  settlement: Settlement,
  onHoldGone: (() => Promise<void>) | undefined,
): (() => Promise<Settlement>) | undefined {
  if (heir !== undefined) return async () => ({ ...settlement, callId: heir });
  if (onHoldGone === undefined) return undefined;
  return async () => {
    await onHoldGone();
    return { ...settlement, costNanoUsd: settlement.costNanoUsd ?? heldNanoUsd };
  };
}

function reportEnd(
  door: DoorSettings,
  call: OpenCall,
  outcome: Outcome,
  charge: Charge,
  latencyMs: number,
): void {
  door.emitter.emit("call-end", {
    ...call.label,
    callId: call.mark.callId,
    budgetIds: [...call.budgetIds],
    kind: charge.kind,
    costKind: charge.cost.kind,
    cost: decimalUsd(charge.costNanoUsd ?? call.heldNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    usage: outcome.kind === "answered" ? outcome.usage : undefined,
    latencyMs,
    reason: outcome.kind === "answered" ? undefined : outcome.reason,
  });
}
