import { nextWarning, warnLine } from "../budget/warn-at.ts";
import type { BudgetWarning } from "../ports/budget-warning.ts";
import type { WindowKind, WindowState } from "../ports/window-state.ts";
import type { WindowBounds } from "./window-bounds.ts";

/** What a window asks of its budget. */
interface OwnBudget {
  readonly id: string;
  readonly timeZone: string;
  readonly warnAt: readonly number[];
}

/** One window row of the memory ledger. Amounts in nano-dollars. */
export class MemoryWindow {
  readonly budgetId: string;
  readonly kind: WindowKind;
  /** Of the budget, which may have moved to another with the same days. */
  timeZone: string;
  readonly startsAt: Date | undefined;
  resetsAt: Date | undefined;
  capNanoUsd: bigint;
  spentNanoUsd = 0n;
  reservedNanoUsd = 0n;
  overrunNanoUsd = 0n;
  private readonly budget: OwnBudget;
  /** The highest share that was told. */
  private warned = 0;
  private nextWarningNanoUsd: bigint | undefined;

  constructor(budget: OwnBudget, kind: WindowKind, bounds: WindowBounds, capNanoUsd: bigint) {
    this.budget = budget;
    this.budgetId = budget.id;
    this.timeZone = budget.timeZone;
    this.kind = kind;
    this.startsAt = kind === "total" ? undefined : new Date(bounds.startsAtMs);
    this.resetsAt = resetOf(kind, bounds);
    this.capNanoUsd = capNanoUsd;
    this.nextWarningNanoUsd = nextWarning(capNanoUsd, 0, budget.warnAt);
  }

  /** Takes a cap, and what its budget says of warnings now. Under a higher cap, shares that are no longer spent may warn again. */
  takeCap(capNanoUsd: bigint): void {
    const { warnAt } = this.budget;
    if (capNanoUsd > this.capNanoUsd) {
      const spent = warnAt.filter((share) => warnLine(capNanoUsd, share) <= this.spentNanoUsd);
      this.warned = Math.max(0, ...spent.filter((share) => share <= this.warned));
    }
    this.capNanoUsd = capNanoUsd;
    this.nextWarningNanoUsd = nextWarning(capNanoUsd, this.warned, warnAt);
  }

  /** Whether a warning is due. */
  get isDue(): boolean {
    return this.nextWarningNanoUsd !== undefined && this.spentNanoUsd >= this.nextWarningNanoUsd;
  }

  /** The warnings that are due, ascending; from now on they count as told. */
  takeWarnings(): readonly BudgetWarning[] {
    if (!this.isDue) return [];
    const { warnAt } = this.budget;
    const untold = [...new Set(warnAt)].filter((share) => share > this.warned).sort((a, b) => a - b);
    const shares = untold.filter((share) => warnLine(this.capNanoUsd, share) <= this.spentNanoUsd);
    this.warned = shares.at(-1) ?? this.warned;
    this.nextWarningNanoUsd = nextWarning(this.capNanoUsd, this.warned, warnAt);
    return shares.map((share) => ({ share, window: this.state() }));
  }

  /** It goes on under another zone whose days begin at the same moment. */
  moveTo(timeZone: string, bounds: WindowBounds): void {
    this.timeZone = timeZone;
    this.resetsAt = resetOf(this.kind, bounds);
  }

  /** What the port hands out: a copy, so that later calls do not change it. */
  state(): WindowState {
    return {
      budgetId: this.budgetId,
      window: this.kind,
      timeZone: this.timeZone,
      startsAt: this.startsAt,
      resetsAt: this.resetsAt,
      capNanoUsd: this.capNanoUsd,
      spentNanoUsd: this.spentNanoUsd,
      reservedNanoUsd: this.reservedNanoUsd,
      overrunNanoUsd: this.overrunNanoUsd,
    };
  }
}

function resetOf(kind: WindowKind, { resetsAtMs }: WindowBounds): Date | undefined {
  return kind === "total" ? undefined : new Date(resetsAtMs);
}
