import { checkNames, type OptionNames } from "./check-options.ts";
import { decimalUsd } from "../money/money.ts";
import type { BudgetDefinition, BudgetState } from "../ports/budget-state.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { checkTerms, TERMS, type BudgetTerms } from "./budget-terms.ts";
import { checkName } from "./check-name.ts";

/** A budget as its owner writes it. */
export interface BudgetInput extends BudgetTerms {
  /** Any name, such as `user/42`. */
  readonly id: string;
}

/** One cap of a budget and what became of it. Money is a decimal string in US dollars. */
export interface BudgetWindow {
  readonly window: WindowKind;
  readonly cap: string;
  readonly spent: string;
  readonly reserved: string;
  /** `cap - spent - reserved`, never below zero. */
  readonly free: string;
  readonly overrun: string;
  /** When the next day or month begins in the budget's time zone; undefined for `total`. */
  readonly resetsAt: Date | undefined;
}

/** A budget as it stands. */
export interface Budget {
  readonly id: string;
  readonly paused: boolean;
  readonly onExpiry: "charge" | "release";
  readonly warnAt: readonly number[];
  /** Whose calendar `day` and `month` follow. */
  readonly timeZone: string;
  /** The budget above it, on which its calls are held too. */
  readonly parent: string | undefined;
  readonly windows: readonly BudgetWindow[];
  /** `cap - spent` of the window that has least, never below zero. */
  readonly left: string;
}

/** What a budget is read with may be written too, as in `set({ ...budget, caps })`: it stays as it stands. */
const NAMES: OptionNames<BudgetInput & Budget> = {
  id: true,
  ...TERMS,
  paused: true,
  windows: true,
  left: true,
};

/** Checks what an owner wrote. Throws `InvalidOptionError` and `InvalidAmountError`. */
export function budgetDefinition(input: BudgetInput): BudgetDefinition {
  checkName("A budget id", input?.id);
  checkNames(`Budget ${input.id}`, input, NAMES);
  return { id: input.id, ...checkTerms(`Budget ${input.id}`, input) };
}

/** A budget for people: decimal strings instead of nano-dollars. */
export function budgetOf(state: BudgetState): Budget {
  const lefts = state.windows.map((window) => positive(window.capNanoUsd - window.spentNanoUsd));
  return {
    id: state.id,
    paused: state.paused,
    onExpiry: state.onExpiry,
    warnAt: state.warnAt,
    timeZone: state.timeZone,
    parent: state.parent,
    windows: state.windows.map((window) => ({
      window: window.window,
      cap: decimalUsd(window.capNanoUsd),
      spent: decimalUsd(window.spentNanoUsd),
      reserved: decimalUsd(window.reservedNanoUsd),
      free: decimalUsd(positive(window.capNanoUsd - window.spentNanoUsd - window.reservedNanoUsd)),
      overrun: decimalUsd(window.overrunNanoUsd),
      resetsAt: window.resetsAt,
    })),
    left: decimalUsd(lefts.reduce((least, left) => (left < least ? left : least), lefts[0] ?? 0n)),
  };
}

function positive(nanoUsd: bigint): bigint {
  return nanoUsd > 0n ? nanoUsd : 0n;
}
