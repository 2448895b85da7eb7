import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { checkName } from "./check-name.ts";
import { checkTimeZone } from "./check-time-zone.ts";
import { decimalUsd, usd, type MoneyInput } from "../money/money.ts";
import type { BudgetDefinition, BudgetState } from "../ports/ledger-store.ts";
import type { WindowKind } from "../ports/window-state.ts";

/** A budget as its owner writes it. */
export interface BudgetInput {
  /** Any name, such as `user/42`. */
  readonly id: string;
  /** At least one. `day` and `month` follow the calendar of `timeZone`; all that are given apply at once. */
  readonly caps: { readonly total?: MoneyInput; readonly day?: MoneyInput; readonly month?: MoneyInput };
  /** Shares of a cap (above 0, up to 1) at which `budget-warning` is emitted. */
  readonly warnAt?: readonly number[] | undefined;
  /**
   * Whose calendar `day` and `month` follow: `UTC` (the default) or a name of the IANA list, such as `Europe/Paris`. Days have 23 or 25 hours
   * where clocks are set; the database's clock and its list of zones decide. In another zone than before, the open day and month begin at zero,
   * unless they begin at the same moment as the old ones; open calls settle where they were held, and `total` goes on.
   */
  readonly timeZone?: string | undefined;
  /** What becomes of a call whose process died: charged at its hold (the default: it may have been billed) or released. */
  readonly onExpiry?: "charge" | "release" | undefined;
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
  readonly windows: readonly BudgetWindow[];
  /** `cap - spent` of the window that has least, never below zero. */
  readonly left: string;
}

const WINDOWS: readonly WindowKind[] = ["day", "month", "total"];

/** Checks what an owner wrote. Throws `InvalidOptionError` and `InvalidAmountError`. */
export function budgetDefinition(input: BudgetInput): BudgetDefinition {
  checkName("A budget id", input?.id);
  const caps: Partial<Record<WindowKind, bigint>> = {};
  for (const [window, cap] of Object.entries(input.caps ?? {})) {
    if (!WINDOWS.includes(window as WindowKind)) {
      throw new InvalidOptionError(
        `Budget ${input.id}: there is no cap "${window}"; write total, day or month.`,
      );
    }
    if (cap !== undefined) caps[window as WindowKind] = usd(cap).nanoUsd;
  }
  if (Object.keys(caps).length === 0) {
    throw new InvalidOptionError(
      `Budget ${input.id} has no cap: give at least one, such as caps: { month: "20.00" }.`,
    );
  }
  const timeZone = checkTimeZone(`Budget ${input.id}`, input.timeZone ?? "UTC");
  const warnAt = [...(input.warnAt ?? [])].sort((a, b) => a - b);
  if (warnAt.some((share) => !(share > 0 && share <= 1))) {
    throw new InvalidOptionError(
      `Budget ${input.id}: warnAt takes shares above 0 and up to 1, such as [0.5, 0.8].`,
    );
  }
  const onExpiry = input.onExpiry ?? "charge";
  if (onExpiry !== "charge" && onExpiry !== "release") {
    throw new InvalidOptionError(`Budget ${input.id}: onExpiry is "charge" or "release".`);
  }
  return { id: input.id, caps, warnAt, onExpiry, timeZone };
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
