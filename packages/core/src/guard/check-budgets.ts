import { budgetsWithParents } from "../budget/budgets-with-parents.ts";
import { lastToReset } from "../budget/last-to-reset.ts";
import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { WfloError } from "../errors/wflo-error.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import { currentContext } from "../run/run-context.ts";
import { checkRequest } from "./check-request.ts";
import type { DoorSettings } from "./door-settings.ts";
import { estimate } from "./estimate.ts";
import type { GuardRequest } from "./guard-request.ts";
import { reportRefusal } from "./report-refusal.ts";
import type { SeenModels } from "./seen-models.ts";

/**
 * Throws what a call would be refused with by what was spent already: `BudgetExceededError` and `BudgetPausedError`. Nothing is held: what the
 * call is granted is only known when it asks, and may be less by then. Money that other calls hold counts as free, since it may be again.
 */
export async function checkBudgets(
  door: DoorSettings,
  seen: SeenModels,
  request: GuardRequest,
): Promise<void> {
  checkRequest(request);
  const { budgetIds: around, run, step, agent } = currentContext();
  const budgetIds = [...new Set([...around, ...(request.budgets ?? [])])];
  if (budgetIds.length === 0) return;
  const { provider, model } = request;
  const label = { runId: run?.runId, step, agent: request.agent ?? agent, provider, model };
  const needNanoUsd = leastNeed(door, seen, request, label);
  const budgets = await budgetsWithParents(door.ledger, door.tenant, budgetIds);
  const paused = budgets.find((budget) => budget.paused);
  if (paused !== undefined) throw new BudgetPausedError(paused.id);
  const windows = budgets.flatMap((budget) => budget.windows);
  const isSpent = ({ capNanoUsd, spentNanoUsd }: WindowState) => capNanoUsd - spentNanoUsd < needNanoUsd;
  // What costs nothing passes an overspent budget too.
  const spent = needNanoUsd === 0n ? undefined : lastToReset(windows.filter(isSpent));
  if (spent === undefined) return;
  const error = new BudgetExceededError({ ...spent, neededNanoUsd: needNanoUsd, runId: run?.runId });
  reportRefusal(door, label, error);
  throw error;
}

/** What is not priced or not bounded is told of when the call asks; here it needs some money at least. */
function leastNeed(door: DoorSettings, seen: SeenModels, request: GuardRequest, label: CallLabel): bigint {
  const wantOutputTokens = seen.wantOutputTokens(label);
  try {
    const means = { catalogue: door.catalogue, anchors: seen.anchors, wantOutputTokens };
    return estimate({ ...request }, means).needNanoUsd;
  } catch (error) {
    if (WfloError.isInstance(error)) return 1n;
    throw error;
  }
}
