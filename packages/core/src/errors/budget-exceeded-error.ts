import { decimalUsd, formatUsd } from "../money/money.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { dateIn } from "./date-in.ts";
import { WfloError } from "./wflo-error.ts";

/** What a refusal tells. Amounts are in nano-dollars. */
export interface BudgetRefusal {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly capNanoUsd: bigint;
  readonly spentNanoUsd: bigint;
  readonly reservedNanoUsd: bigint;
  readonly neededNanoUsd: bigint;
  /** The part of what is reserved that calls hold which wait for this one. */
  readonly stuckNanoUsd?: bigint | undefined;
  readonly resetsAt?: Date | undefined;
  /** Whose calendar the window follows; UTC when left out. */
  readonly timeZone?: string | undefined;
  readonly runId?: string | undefined;
}

/**
 * A call was refused because its budget has no money for it. Nothing was sent. Amounts are decimal strings in US dollars.
 * `status: 402` and `isRetryable: false` keep SDKs from trying again.
 */
export class BudgetExceededError extends WfloError {
  readonly budgetId: string;
  /** Which of the budget's caps: total, day or month. */
  readonly window: WindowKind;
  readonly cap: string;
  readonly spent: string;
  readonly reserved: string;
  readonly needed: string;
  readonly resetsAt: Date | undefined;
  /** Whose calendar the window follows. */
  readonly timeZone: string;
  runId: string | undefined;
  readonly status = 402;
  readonly isRetryable = false;

  constructor(refusal: BudgetRefusal) {
    super("WFLO_BUDGET_EXCEEDED", sentence(refusal));
    this.budgetId = refusal.budgetId;
    this.window = refusal.window;
    this.cap = decimalUsd(refusal.capNanoUsd);
    this.spent = decimalUsd(refusal.spentNanoUsd);
    this.reserved = decimalUsd(refusal.reservedNanoUsd);
    this.needed = decimalUsd(refusal.neededNanoUsd);
    this.resetsAt = refusal.resetsAt;
    this.timeZone = refusal.timeZone ?? "UTC";
    this.runId = refusal.runId;
  }
}

function sentence(refusal: BudgetRefusal): string {
  const left = refusal.capNanoUsd - refusal.spentNanoUsd;
  const reset = refusal.resetsAt ? ` (resets ${dateIn(refusal.timeZone ?? "UTC", refusal.resetsAt)})` : "";
  const stuck = refusal.stuckNanoUsd
    ? `, but ${formatUsd(refusal.stuckNanoUsd)} of it is held by calls that wait for this one`
    : "";
  const per = refusal.window === "total" ? "" : ` a ${refusal.window}`;
  const remedy = refusal.resetsAt
    ? "Raise the cap, lower maxOutputTokens, or wait."
    : "Raise the cap or lower maxOutputTokens.";
  return (
    `Budget ${refusal.budgetId} has ${formatUsd(left > 0n ? left : 0n)} left of ${formatUsd(refusal.capNanoUsd)}${per}${reset}${stuck}; ` +
    `this call may cost up to ${formatUsd(refusal.neededNanoUsd)}. ` +
    remedy
  );
}
