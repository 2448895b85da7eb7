import { CallConflictError } from "../errors/call-conflict-error.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { MissingUsageError } from "../errors/missing-usage-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { UnknownPriceError } from "../errors/unknown-price-error.ts";
import { decimalUsd, Money, usd } from "../money/money.ts";
import { isUuid } from "../ports/ids.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import { currentContext, type RunContext } from "../run/run-context.ts";
import type { TrackedCall } from "../run/tracked-calls.ts";
import { checkRequest } from "./check-request.ts";
import { countingOf } from "./count-text.ts";
import type { DoorSettings } from "./door-settings.ts";
import { estimate, RECORD_HOLD_NANO_USD, type Estimate, type EstimateMeans } from "./estimate.ts";
import type { GuardRequest } from "./guard-request.ts";
import type { CallState, OpenCall, OpenMark } from "./open-call.ts";
import type { SeenModels } from "./seen-models.ts";
import { takeHold, type HoldWish, type TakenHold } from "./take-hold.ts";
import { NobodyWantsIt } from "./wire-control.ts";
import { noteMetered } from "./witness.ts";
import { keepAwake, writtenDown } from "./written-down.ts";

/**
 * From a request to a call that holds its money: estimate, hold, reserve. Nothing was sent when it throws: a refusal
 * (`BudgetExceededError`, `BudgetBusyError`, `BudgetPausedError`, `UnknownBudgetError`, `UnknownPriceError`,
 * `UnboundedRequestError`, `MissingUsageError`, `RunSupersededError`), `StoreUnavailableError`, or the signal's reason.
 */
export async function enter(door: DoorSettings, seen: SeenModels, asked: GuardRequest): Promise<OpenCall> {
  checkRequest(asked);
  door.line.closed.throwIfAborted();
  const context = currentContext();
  noteMetered();
  asked.signal?.throwIfAborted();
  if (context.run?.closing !== undefined) throw context.run.closing;
  const callId = callIdOf(door, asked);
  if (door.holds.has(callId)) throw new CallConflictError(callId, "belongs to a call that is still open");
  const parent = outerCall(door, context);
  const outer = takesOver(asked, parent) ? parent : undefined;
  // A copy: what is learned from the answer is kept by this object, which may be nobody else's.
  const request = keepHold({ ...asked }, outer);
  const own = request.budgets ?? [];
  const around = [...new Set([...context.budgetIds, ...(parent?.budgetIds ?? []), ...own])];
  // Nobody can want for the money of what is free.
  const named = isFree(request) ? [] : around;
  const label = labelOf(request, context);
  checkHistory(door, seen, label, request.price === undefined && named.length > 0);
  const worst = estimateOrAllow(door, seen, { request, budgetIds: named, label });
  const mark = newMark({ callId, parent, door, budgetIds: around }, request);

  const closed = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  const pace = { hurry: () => {} };
  const wire = new AbortController();
  const tracked = trackedCall(callId, { wire, pace, closed, settled });
  door.calls.add(tracked);
  context.run?.track(tracked, context.step);

  // A host may stop what it does for a client that leaves, in the middle of an answer.
  const isAwake = keepAwake(door, () => closed.promise.then(() => writtenDown(door, settled.promise)));
  const askedAtMs = door.clock.monotonic();
  let taken: TakenHold;
  try {
    taken = await takeOverOrHold(door, { request, context, label, mark, budgetIds: named, worst }, outer);
    mark.heldNanoUsd = taken.heldNanoUsd;
  } catch (error) {
    closed.resolve();
    settled.resolve();
    throw error;
  }
  const { heldNanoUsd, budgetIds } = taken;
  const maxOutputTokens = budgetIds.length === 0 ? undefined : worst.outputTokensFor(heldNanoUsd);
  const state: CallState = { end: undefined, charge: undefined };
  const grant = { callId, maxOutputTokens, signal: wire.signal, charge: () => state.charge };
  const startedAtMs = door.clock.monotonic();
  const call = {
    request,
    mark,
    label,
    budgetIds,
    estimate: worst,
    heldNanoUsd,
    grant,
    wire,
    startedAtMs,
    pace,
    closed,
    settled,
    isAwake,
    state,
  };
  if (door.emitter.has("call-start")) reportStart(door, call, startedAtMs - askedAtMs);
  return call;
}

function trackedCall(
  callId: string,
  { wire, pace, closed, settled }: Pick<OpenCall, "wire" | "pace" | "closed" | "settled">,
): TrackedCall {
  const cut = () => wire.abort(new NobodyWantsIt("What was around the call is over."));
  return { callId, hurry: () => pace.hurry(), cut, closed: closed.promise, settled: settled.promise };
}

/** The call in whose attempt this one is made, if it is of the same client. */
function outerCall(door: DoorSettings, context: RunContext): OpenMark | undefined {
  const outer = context.call as OpenMark | undefined;
  return outer?.door === door ? outer : undefined;
}

/** Whether this call is the first opened inside a call of a model, so that it takes its hold over. Tools stay apart. */
function takesOver(request: GuardRequest, parent: OpenMark | undefined): boolean {
  if (parent === undefined || parent.isTool || request.tool === true) return false;
  return !parent.isClosed && parent.takeover === undefined;
}

/** Who cannot see its request bounds it by the hold that it takes over, if there is one worth the name. */
function keepHold(request: GuardRequest, outer: OpenMark | undefined): GuardRequest {
  if (request.record !== true || outer === undefined || outer.heldNanoUsd <= RECORD_HOLD_NANO_USD)
    return request;
  return { ...request, record: false, hold: new Money(outer.heldNanoUsd) };
}

function isFree({ price }: GuardRequest): boolean {
  return price !== undefined && usd(price).nanoUsd === 0n;
}

function newMark(
  at: Pick<OpenMark, "callId" | "parent" | "door" | "budgetIds">,
  request: GuardRequest,
): OpenMark {
  return {
    ...at,
    isTool: request.tool === true,
    isUnheld: request.record === true,
    heldNanoUsd: 0n,
    isClosed: false,
    takeover: undefined,
    wasAsked: false,
    takenOver: false,
    onTakenOver: undefined,
    isPaidInside: false,
    heir: undefined,
  };
}

/** The first guard opened inside an open call takes that call's hold over; every further one holds for itself. */
async function takeOverOrHold(
  door: DoorSettings,
  wish: Omit<HoldWish, "replaces">,
  outer: OpenMark | undefined,
): Promise<TakenHold> {
  door.crashPoint("before-reserve");
  const decided = Promise.withResolvers<boolean>();
  if (outer) {
    outer.takeover = decided.promise;
    outer.wasAsked = true;
  }
  const isStill = (mark: OpenMark | undefined): mark is OpenMark => mark?.takeover === decided.promise;
  try {
    const taken = await takeHold(door, {
      ...wish,
      replaces: () => (isStill(outer) ? outer.callId : undefined),
    });
    if (isStill(outer)) {
      outer.takenOver = true;
      door.holds.takenOver(outer.callId);
      outer.onTakenOver?.();
    }
    decided.resolve(true);
    door.crashPoint("after-reserve");
    return taken;
  } catch (error) {
    if (isStill(outer)) {
      if (error instanceof StoreUnavailableError) outer.heir = wish.mark.callId;
      outer.takeover = undefined;
    }
    decided.resolve(false);
    throw error;
  }
}

function labelOf(request: GuardRequest, context: RunContext): CallLabel {
  const { place } = request;
  return {
    runId: context.run?.runId,
    step: request.step ?? place?.step ?? context.step ?? context.place?.step,
    agent: request.agent ?? context.agent,
    checkpointId: place === undefined ? context.run?.head : place.checkpointId,
    thread: (place ?? context.place)?.thread,
    provider: request.provider,
    model: request.model,
  };
}

/** Refuses what the past forbids: a model whose usage did not come, a ledger that does not keep up. */
function checkHistory(door: DoorSettings, seen: SeenModels, label: CallLabel, needsUsage: boolean): void {
  if (needsUsage && door.onMissingUsage === "refuse" && seen.lacksUsage(label, door.clock.monotonic()))
    throw new MissingUsageError(label.provider, label.model);
  if (door.outbox.isFull) {
    throw new StoreUnavailableError("Too many settles wait for the database; no further call is made.");
  }
}

function reportStart(door: DoorSettings, call: OpenCall, waitedMs: number): void {
  door.emitter.emit("call-start", {
    ...call.label,
    callId: call.mark.callId,
    // A copy: a listener may do with it what it likes.
    budgetIds: [...call.budgetIds],
    bound: decimalUsd(call.estimate.boundNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    appliedMaxOutputTokens: call.grant.maxOutputTokens,
    waitedMs: Math.round(waitedMs),
  });
}

function estimateOrAllow(
  door: DoorSettings,
  seen: SeenModels,
  call: Pick<OpenCall, "request" | "budgetIds" | "label">,
): Estimate {
  const { request, budgetIds, label } = call;
  const means: EstimateMeans = {
    catalogue: door.catalogue,
    anchors: seen.anchors,
    wantOutputTokens: seen.wantOutputTokens(label),
    counting: countingOf(door, seen, call),
  };
  try {
    return estimate(request, means);
  } catch (error) {
    const unpriced = error instanceof UnknownPriceError;
    const unbounded = error instanceof UnboundedRequestError;
    // Without a budget there is nothing to break; with one, the user has to say so.
    if (unpriced && (budgetIds.length === 0 || door.onUnknownPrice === "allow"))
      return estimate({ ...request, hold: leastHold(request) }, means);
    if (unbounded && budgetIds.length === 0) return estimate({ ...request, hold: 0 }, means);
    throw error;
  }
}

function leastHold({ record }: GuardRequest): Money {
  return new Money(record === true ? RECORD_HOLD_NANO_USD : 0n);
}

function callIdOf(door: DoorSettings, request: GuardRequest): string {
  if (request.callId === undefined) return door.ids.next();
  if (!isUuid(String(request.callId).toLowerCase()))
    throw new InvalidOptionError(`callId must be a UUID, not "${request.callId}".`);
  return request.callId.toLowerCase();
}
