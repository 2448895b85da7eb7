import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { CallConflictError } from "../errors/call-conflict-error.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { MissingUsageError } from "../errors/missing-usage-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { UnknownBudgetError } from "../errors/unknown-budget-error.ts";
import { UnknownPriceError } from "../errors/unknown-price-error.ts";
import { decimalUsd } from "../money/money.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import { currentContext, type RunContext } from "../run/run-context.ts";
import type { Verdict } from "./budget-line.ts";
import type { DoorSettings } from "./door-settings.ts";
import { estimate, type Estimate } from "./estimate.ts";
import type { GuardRequest } from "./guard-request.ts";
import type { OpenCall, OpenMark } from "./open-call.ts";
import { HOLD_TTL_MS } from "./open-holds.ts";
import type { SeenModels } from "./seen-models.ts";
import { NobodyWantsIt } from "./wire-control.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * From a request to a call that holds its money: estimate, hold, reserve. Nothing was sent when it throws: a refusal
 * (`BudgetExceededError`, `BudgetBusyError`, `BudgetPausedError`, `UnknownBudgetError`, `UnknownPriceError`,
 * `UnboundedRequestError`, `MissingUsageError`, `RunSupersededError`), `StoreUnavailableError`, or the signal's reason.
 */
export async function enter(door: DoorSettings, seen: SeenModels, request: GuardRequest): Promise<OpenCall> {
  const context = currentContext();
  request.signal?.throwIfAborted();
  if (context.run?.closing !== undefined) throw context.run.closing;
  const callId = callIdOf(door, request);
  const budgetIds = [...new Set([...context.budgetIds, ...(request.budgets ?? [])])];
  const label: CallLabel = {
    runId: context.run?.runId,
    step: context.step,
    agent: request.agent ?? context.agent,
    provider: request.provider,
    model: request.model,
  };
  const needsUsage = budgetIds.length > 0 && door.onMissingUsage === "refuse";
  if (needsUsage && seen.lacksUsage(label)) throw new MissingUsageError(label.provider, label.model);
  if (door.outbox.isFull) throw new StoreUnavailableError("Too many settles wait for the database; no further call is made.");
  const worst = estimateOrAllow(door, request, budgetIds, seen.wantOutputTokens(label));
  const parent = context.call as OpenMark | undefined;
  const mark: OpenMark = { callId, parent, takenOver: false };
  const startedAtMs = door.clock.monotonic();

  const closed = Promise.withResolvers<void>();
  const pace = { hurry: () => {} };
  const wire = new AbortController();
  const cut = () => wire.abort(new NobodyWantsIt("The run around the call is over."));
  context.run?.track({ callId, hurry: () => pace.hurry(), cut, closed: closed.promise }, context.step);

  door.crashPoint("before-reserve");
  const replaces = parent !== undefined && !parent.takenOver ? parent : undefined;
  if (replaces) replaces.takenOver = true;
  let heldNanoUsd: bigint;
  try {
    heldNanoUsd = await reserve(door, { request, context, label, mark, budgetIds, worst, replaces: replaces?.callId });
  } catch (error) {
    if (replaces) replaces.takenOver = false;
    closed.resolve();
    throw error;
  }
  door.crashPoint("after-reserve");

  const cap = worst.outputTokensFor(heldNanoUsd);
  const call: OpenCall = {
    request,
    mark,
    label,
    budgetIds,
    estimate: worst,
    heldNanoUsd,
    grant: { callId, maxOutputTokens: cap, signal: wire.signal },
    wire,
    startedAtMs: door.clock.monotonic(),
    pace,
    closed,
  };
  door.emitter.emit("call-start", {
    ...label,
    callId,
    budgetIds,
    bound: decimalUsd(worst.boundNanoUsd),
    held: decimalUsd(heldNanoUsd),
    appliedMaxOutputTokens: cap,
    waitedMs: Math.round(call.startedAtMs - startedAtMs),
  });
  return call;
}

interface Reservation {
  readonly request: GuardRequest;
  readonly context: RunContext;
  readonly label: CallLabel;
  readonly mark: OpenMark;
  readonly budgetIds: readonly string[];
  readonly worst: Estimate;
  readonly replaces: string | undefined;
}

async function reserve(door: DoorSettings, wish: Reservation): Promise<bigint> {
  const { request, context, label, mark, budgetIds, worst } = wish;
  const waitMs = Math.min(door.waitMs, request.timeoutMs === undefined ? door.waitMs : request.timeoutMs / 2);
  door.holds.enter(mark, budgetIds);
  let verdict: Verdict;
  try {
    const ask = {
      tenant: door.tenant,
      callId: mark.callId,
      budgetIds,
      boundNanoUsd: worst.boundNanoUsd,
      needNanoUsd: worst.needNanoUsd,
      targetNanoUsd: worst.targetNanoUsd,
      ttlMs: HOLD_TTL_MS,
      epoch: context.run?.epoch,
      replaces: wish.replaces,
      label,
    };
    const onWait = (budgetId: string) => door.emitter.emit("call-waiting", { ...label, callId: mark.callId, budgetId });
    verdict = await door.line.reserve(ask, { waitMs, signal: request.signal, onWait });
    const held = heldOf(wish, verdict);
    door.holds.granted(mark.callId, held);
    return held;
  } catch (error) {
    door.holds.leave(mark.callId);
    // The database may have taken the hold before it failed.
    if (error instanceof StoreUnavailableError) giveBack(door, mark.callId);
    if (error instanceof BudgetExceededError) reportRefusal(door, label, error);
    throw error;
  }
}

function heldOf(wish: Reservation, verdict: Verdict): bigint {
  switch (verdict.code) {
    case "granted":
      return verdict.amountNanoUsd;
    case "replay":
      throw new CallConflictError(wish.mark.callId, "belongs to a call that is still open");
    case "closed":
      throw new CallConflictError(wish.mark.callId, "belongs to a call that is over");
    case "conflict":
      throw new CallConflictError(wish.mark.callId, `belongs to an open call with other ${verdict.field}`);
    case "exhausted":
      throw new BudgetExceededError({
        ...verdict.window,
        neededNanoUsd: wish.worst.needNanoUsd,
        runId: wish.label.runId,
      });
    case "paused":
      throw new BudgetPausedError(verdict.budgetId);
    case "missing":
      throw new UnknownBudgetError(verdict.budgetId);
    case "superseded":
      throw wish.context.run?.supersede() ?? new CallConflictError(wish.mark.callId, "belongs to a run that was taken over");
  }
}

/** Closes a hold whose call was never made. */
export function giveBack(door: Pick<DoorSettings, "outbox" | "ids">, callId: string): void {
  const receipt = { reason: "the call was not made" };
  door.outbox.add({ callId, settlementId: door.ids.next(), kind: "void", costNanoUsd: 0n, receipt }, []);
}

function reportRefusal(door: DoorSettings, label: CallLabel, error: BudgetExceededError): void {
  const { budgetId, needed } = error;
  door.emitter.emit("budget-exceeded", { ...label, budgetId, needed, cap: error.cap, spent: error.spent });
}

function estimateOrAllow(door: DoorSettings, request: GuardRequest, budgetIds: readonly string[], want: number): Estimate {
  try {
    return estimate(request, door.catalogue, want);
  } catch (error) {
    const unpriced = error instanceof UnknownPriceError;
    const unbounded = error instanceof UnboundedRequestError;
    // Without a budget there is nothing to break; with one, the user has to say so.
    if (unpriced && (budgetIds.length === 0 || door.onUnknownPrice === "allow")) return estimate({ ...request, hold: 0 }, door.catalogue, want);
    if (unbounded && budgetIds.length === 0) return estimate({ ...request, hold: 0 }, door.catalogue, want);
    throw error;
  }
}

function callIdOf(door: DoorSettings, request: GuardRequest): string {
  if (request.callId === undefined) return door.ids.next();
  if (!UUID.test(request.callId)) throw new InvalidOptionError(`callId must be a UUID, not "${request.callId}".`);
  return request.callId.toLowerCase();
}
