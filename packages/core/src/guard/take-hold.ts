import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { CallConflictError } from "../errors/call-conflict-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { UnknownBudgetError } from "../errors/unknown-budget-error.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import type { RunContext } from "../run/run-context.ts";
import type { DoorSettings } from "./door-settings.ts";
import type { Estimate } from "./estimate.ts";
import type { GuardRequest } from "./guard-request.ts";
import type { OpenMark } from "./open-call.ts";
import { HOLD_TTL_MS } from "./open-holds.ts";
import { orAborted } from "./or-aborted.ts";
import { reportRefusal } from "./report-refusal.ts";
import type { Ask, Verdict } from "./waiter.ts";

type Incomplete = Extract<Verdict, { readonly code: "incomplete" }>;

/** How often parents may change while a call asks for money. */
const MOST_TRIES = 5;

/** What a call asks for, and for whom. */
export interface HoldWish {
  readonly request: GuardRequest;
  readonly context: RunContext;
  readonly label: CallLabel;
  readonly mark: OpenMark;
  readonly budgetIds: readonly string[];
  readonly worst: Estimate;
  /** The call whose hold it takes over, as long as that one does not need it itself. */
  readonly replaces: () => string | undefined;
}

/** A hold as it was granted. */
export interface TakenHold {
  readonly heldNanoUsd: bigint;
  /** With the parents of those that were named. */
  readonly budgetIds: readonly string[];
}

/** Takes the hold of a call on its budgets and all above them, waiting for it if need be. Throws refusals. */
export async function takeHold(door: DoorSettings, wish: HoldWish): Promise<TakenHold> {
  const { budgetIds: named } = wish;
  const { timeoutMs } = wish.request;
  const waitMs = timeoutMs === undefined ? door.waitMs : Math.min(door.waitMs, timeoutMs / 2);
  const since = door.clock.monotonic();
  for (let tries = 1; ; tries += 1) {
    const inherited = door.parents.above(named);
    const budgetIds = [...named, ...inherited];
    const left = Math.max(0, waitMs - (door.clock.monotonic() - since));
    const taken = await takeHoldOn(door, wish, { budgetIds, inherited, waitMs: left });
    if (typeof taken === "bigint") return { heldNanoUsd: taken, budgetIds };
    if (tries === MOST_TRIES)
      throw new StoreUnavailableError(`The parents of ${named.join(", ")} keep changing.`);
    door.parents.note(named, taken.parents);
  }
}

/** Nano-dollars; or which parents these budgets lack. */
async function takeHoldOn(
  door: DoorSettings,
  wish: HoldWish,
  { budgetIds, inherited, waitMs }: Pick<Ask, "budgetIds" | "inherited"> & { readonly waitMs: number },
): Promise<bigint | Incomplete> {
  const { request, context, label, mark, worst } = wish;
  /** Nobody else can have a call of this id, and it takes nothing over. */
  const isOurs = request.callId === undefined && wish.replaces() === undefined;
  door.holds.enter(mark, budgetIds);
  let verdict: Verdict;
  try {
    const ask = {
      tenant: door.tenant,
      callId: mark.callId,
      isNew: request.callId === undefined,
      budgetIds,
      inherited,
      // On no budget nothing can be exceeded: what is likely is noted rather than what is possible.
      boundNanoUsd: budgetIds.length === 0 ? worst.targetNanoUsd : worst.boundNanoUsd,
      needNanoUsd: worst.needNanoUsd,
      targetNanoUsd: worst.targetNanoUsd,
      ttlMs: HOLD_TTL_MS,
      epoch: context.run?.epoch,
      replaces: undefined,
      label,
    };
    if (!isOurs) Object.defineProperty(ask, "replaces", { get: wish.replaces, enumerable: true });
    const onWait = (budgetId: string) =>
      door.emitter.emit("call-waiting", { ...label, callId: mark.callId, budgetId });
    const signals = [request.signal, context.run?.closed];
    const asked = door.line.reserve(ask, { waitMs, signals, onWait });
    // A database that is slow to answer keeps nobody who gives up: whatever it grants is given back.
    verdict = isOurs ? await orAborted(asked, signals, () => giveBack(door, mark.callId)) : await asked;
    if (verdict.code === "incomplete") {
      door.holds.leave(mark.callId);
      return verdict;
    }
    const held = heldOf(wish, verdict);
    mark.unsettled = new Map(budgetIds.map((id) => [id, door.unsettled.on(id)]));
    door.holds.granted(mark.callId, held);
    return held;
  } catch (error) {
    door.holds.leave(mark.callId);
    // The database may have taken the hold before it failed. An id that the caller chose may be another call's: that is let expire.
    if (error instanceof StoreUnavailableError && isOurs) giveBack(door, mark.callId);
    if (error instanceof BudgetExceededError) reportRefusal(door, label, error);
    throw error;
  }
}

function heldOf(wish: HoldWish, verdict: Exclude<Verdict, Incomplete>): bigint {
  switch (verdict.code) {
    case "granted":
      wish.mark.windows = verdict.windows;
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
      throw (
        wish.context.run?.supersede() ??
        new CallConflictError(wish.mark.callId, "belongs to a run that was taken over")
      );
  }
}

/** Closes a hold whose call was never made. */
function giveBack(door: Pick<DoorSettings, "outbox" | "ids">, callId: string): void {
  const receipt = { reason: "the call was not made" };
  void door.outbox.add({ callId, settlementId: door.ids.next(), kind: "void", costNanoUsd: 0n, receipt }, []);
}
