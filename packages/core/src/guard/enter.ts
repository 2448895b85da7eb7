import { CallConflictError } from "../errors/call-conflict-error.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { MissingUsageError } from "../errors/missing-usage-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { UnknownPriceError } from "../errors/unknown-price-error.ts";
import { decimalUsd } from "../money/money.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import { currentContext, type RunContext } from "../run/run-context.ts";
import { checkRequest } from "./check-request.ts";
import type { DoorSettings } from "./door-settings.ts";
import { estimate, type Estimate } from "./estimate.ts";
import type { GuardRequest } from "./guard-request.ts";
import type { OpenCall, OpenMark } from "./open-call.ts";
import type { SeenModels } from "./seen-models.ts";
import { takeHold, type HoldWish } from "./take-hold.ts";
import { NobodyWantsIt } from "./wire-control.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * From a request to a call that holds its money: estimate, hold, reserve. Nothing was sent when it throws: a refusal
 * (`BudgetExceededError`, `BudgetBusyError`, `BudgetPausedError`, `UnknownBudgetError`, `UnknownPriceError`,
 * `UnboundedRequestError`, `MissingUsageError`, `RunSupersededError`), `StoreUnavailableError`, or the signal's reason.
 */
export async function enter(door: DoorSettings, seen: SeenModels, request: GuardRequest): Promise<OpenCall> {
  checkRequest(request);
  door.line.closed.throwIfAborted();
  const context = currentContext();
  request.signal?.throwIfAborted();
  if (context.run?.closing !== undefined) throw context.run.closing;
  const callId = callIdOf(door, request);
  if (door.holds.has(callId)) throw new CallConflictError(callId, "belongs to a call that is still open");
  const parent = outerCall(door, context);
  const own = request.budgets ?? [];
  const budgetIds = [...new Set([...context.budgetIds, ...(parent?.budgetIds ?? []), ...own])];
  const label = labelOf(request, context);
  checkHistory(door, seen, label, budgetIds);
  const worst = estimateOrAllow(door, request, budgetIds, seen.wantOutputTokens(label));
  const mark: OpenMark = {
    callId,
    parent,
    door,
    budgetIds,
    takeover: undefined,
    takenOver: false,
    heir: undefined,
  };

  const closed = Promise.withResolvers<void>();
  const pace = { hurry: () => {} };
  const wire = new AbortController();
  const cut = () => wire.abort(new NobodyWantsIt("What was around the call is over."));
  const tracked = { callId, hurry: () => pace.hurry(), cut, closed: closed.promise };
  door.calls.add(tracked);
  context.run?.track(tracked, context.step);

  const askedAtMs = door.clock.monotonic();
  let heldNanoUsd: bigint;
  try {
    heldNanoUsd = await takeOverOrHold(door, { request, context, label, mark, budgetIds, worst }, parent);
  } catch (error) {
    closed.resolve();
    throw error;
  }
  const maxOutputTokens = budgetIds.length === 0 ? undefined : worst.outputTokensFor(heldNanoUsd);
  const grant = { callId, maxOutputTokens, signal: wire.signal };
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
    state: { end: undefined },
  };
  if (door.emitter.has("call-start")) reportStart(door, call, startedAtMs - askedAtMs);
  return call;
}

/** The call in whose attempt this one is made, if it is of the same client. */
function outerCall(door: DoorSettings, context: RunContext): OpenMark | undefined {
  const outer = context.call as OpenMark | undefined;
  return outer?.door === door ? outer : undefined;
}

/** The first guard opened inside an open call takes that call's hold over; every further one holds for itself. */
async function takeOverOrHold(
  door: DoorSettings,
  wish: Omit<HoldWish, "replaces">,
  parent: OpenMark | undefined,
): Promise<bigint> {
  door.crashPoint("before-reserve");
  const outer = parent?.takeover === undefined ? parent : undefined;
  const decided = Promise.withResolvers<boolean>();
  if (outer) outer.takeover = decided.promise;
  try {
    const heldNanoUsd = await takeHold(door, { ...wish, replaces: outer?.callId });
    if (outer) {
      outer.takenOver = true;
      door.holds.takenOver(outer.callId);
    }
    decided.resolve(true);
    door.crashPoint("after-reserve");
    return heldNanoUsd;
  } catch (error) {
    if (outer) {
      if (error instanceof StoreUnavailableError) outer.heir = wish.mark.callId;
      outer.takeover = undefined;
    }
    decided.resolve(false);
    throw error;
  }
}

function labelOf(request: GuardRequest, context: RunContext): CallLabel {
  return {
    runId: context.run?.runId,
    step: context.step,
    agent: request.agent ?? context.agent,
    provider: request.provider,
    model: request.model,
  };
}

/** Refuses what the past forbids: a model whose usage did not come, a ledger that does not keep up. */
function checkHistory(
  door: DoorSettings,
  seen: SeenModels,
  label: CallLabel,
  budgetIds: readonly string[],
): void {
  const needsUsage = budgetIds.length > 0 && door.onMissingUsage === "refuse";
  if (needsUsage && seen.lacksUsage(label, door.clock.monotonic()))
    throw new MissingUsageError(label.provider, label.model);
  if (door.outbox.isFull) {
    throw new StoreUnavailableError("Too many settles wait for the database; no further call is made.");
  }
}

function reportStart(door: DoorSettings, call: OpenCall, waitedMs: number): void {
  door.emitter.emit("call-start", {
    ...call.label,
    callId: call.mark.callId,
    budgetIds: call.budgetIds,
    bound: decimalUsd(call.estimate.boundNanoUsd),
    held: decimalUsd(call.heldNanoUsd),
    appliedMaxOutputTokens: call.grant.maxOutputTokens,
    waitedMs: Math.round(waitedMs),
  });
}

function estimateOrAllow(
  door: DoorSettings,
  request: GuardRequest,
  budgetIds: readonly string[],
  want: number,
): Estimate {
  try {
    return estimate(request, door.catalogue, want);
  } catch (error) {
    const unpriced = error instanceof UnknownPriceError;
    const unbounded = error instanceof UnboundedRequestError;
    // Without a budget there is nothing to break; with one, the user has to say so.
    if (unpriced && (budgetIds.length === 0 || door.onUnknownPrice === "allow"))
      return estimate({ ...request, hold: 0 }, door.catalogue, want);
    if (unbounded && budgetIds.length === 0) return estimate({ ...request, hold: 0 }, door.catalogue, want);
    throw error;
  }
}

function callIdOf(door: DoorSettings, request: GuardRequest): string {
  if (request.callId === undefined) return door.ids.next();
  if (!UUID.test(request.callId))
    throw new InvalidOptionError(`callId must be a UUID, not "${request.callId}".`);
  return request.callId.toLowerCase();
}
