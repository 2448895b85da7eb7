import { decimalUsd } from "../money/money.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { Charge } from "./charge.ts";
import type { BudgetLeftAfter, CallCharge } from "./guard-request.ts";
import type { OpenCall } from "./open-call.ts";

/** What a call came to, for whoever made it: without asking the database again. */
export function callCharge(call: OpenCall, { costNanoUsd, cost }: Charge): CallCharge {
  const chargedNanoUsd = costNanoUsd ?? call.heldNanoUsd;
  return {
    callId: call.mark.callId,
    cost: decimalUsd(chargedNanoUsd),
    costKind: cost.kind,
    left: leastLeft(call, chargedNanoUsd),
    appliedMaxOutputTokens: call.grant.maxOutputTokens,
  };
}

function leastLeft({ mark }: OpenCall, chargedNanoUsd: bigint): BudgetLeftAfter | undefined {
  const leftIn = ({ budgetId, capNanoUsd, spentNanoUsd }: WindowState) =>
    capNanoUsd - spentNanoUsd - (mark.unsettled?.get(budgetId) ?? 0n) - chargedNanoUsd;
  let least: WindowState | undefined;
  for (const window of mark.windows ?? [])
    if (least === undefined || leftIn(window) < leftIn(least)) least = window;
  if (least === undefined) return undefined;
  const { budgetId, window, resetsAt } = least;
  const left = leftIn(least);
  return { budgetId, window, amount: decimalUsd(left > 0n ? left : 0n), resetsAt };
}
