import type { OptionNames } from "./check-options.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { usd, type MoneyInput } from "../money/money.ts";
import type { BudgetDefinition } from "../ports/budget-state.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { checkName } from "./check-name.ts";
import { checkTimeZone } from "./check-time-zone.ts";

/** What a budget and a default for budgets have in common. */
export interface BudgetTerms {
  /** At least one. `day` and `month` follow the calendar of `timeZone`; all that are given apply at once. */
  readonly caps: {
    readonly total?: MoneyInput | undefined;
    readonly day?: MoneyInput | undefined;
    readonly month?: MoneyInput | undefined;
  };
  /**
   * Shares of a cap (above 0, up to 1; at most 100) at which `budget-warning` is emitted: each once in a window, by one process of all. A share
   * below one that was told counts as told. A cap that is raised makes those warn again that are no longer spent of it.
   */
  readonly warnAt?: readonly number[] | undefined;
  /**
   * Whose calendar `day` and `month` follow: `UTC` (the default) or a name of the IANA list, such as `Europe/Paris`. Days have 23 or 25 hours
   * where clocks are set; the database's clock and its list of zones decide. In another zone than before, the open day and month begin at zero,
   * unless they begin at the same moment as the old ones; open calls settle where they were held, and `total` goes on.
   */
  readonly timeZone?: string | undefined;
  /**
   * The budget above it, such as the team of a user: every call on this one is held on that one too, and on those above that, all or nothing. It is
   * there, or a default stands for it. Nothing is set aside: children may have more between them than their parent.
   */
  readonly parent?: string | undefined;
  /** What becomes of a call whose process died: charged at its hold (the default: it may have been billed) or released. */
  readonly onExpiry?: "charge" | "release" | undefined;
}

/** The names of all of it. */
export const TERMS: OptionNames<BudgetTerms> = {
  caps: true,
  warnAt: true,
  timeZone: true,
  parent: true,
  onExpiry: true,
};
/** Shares in `warnAt` at most. */
const SHARES = 100;
const WINDOWS: readonly WindowKind[] = ["day", "month", "total"];

/** Checks what an owner wrote; `what` begins the sentences. Throws `InvalidOptionError` and `InvalidAmountError`. */
export function checkTerms(what: string, terms: BudgetTerms): Omit<BudgetDefinition, "id"> {
  const caps: Partial<Record<WindowKind, bigint>> = {};
  for (const [window, cap] of Object.entries(terms.caps ?? {})) {
    checkWindow(what, window);
    if (cap !== undefined) caps[window] = usd(cap).nanoUsd;
  }
  if (Object.keys(caps).length === 0) {
    throw new InvalidOptionError(`${what} has no cap: give at least one, such as caps: { month: "20.00" }.`);
  }
  const timeZone = checkTimeZone(what, terms.timeZone ?? "UTC");
  const warnAt = checkShares(what, terms.warnAt ?? []);
  const onExpiry = terms.onExpiry ?? "charge";
  if (onExpiry !== "charge" && onExpiry !== "release") {
    throw new InvalidOptionError(`${what}: onExpiry is "charge" or "release".`);
  }
  if (terms.parent !== undefined) checkName(`${what}: parent`, terms.parent);
  return { caps, warnAt, onExpiry, timeZone, parent: terms.parent };
}

/** The shares of `warnAt`, ascending and each once. */
function checkShares(what: string, warnAt: unknown): readonly number[] {
  if (!Array.isArray(warnAt) || !warnAt.every(isShare)) {
    throw new InvalidOptionError(
      `${what}: warnAt takes a list of shares above 0 and up to 1, such as [0.5, 0.8].`,
    );
  }
  const shares = [...new Set(warnAt)].sort((a, b) => a - b);
  if (shares.length > SHARES) throw new InvalidOptionError(`${what}: warnAt takes at most ${SHARES} shares.`);
  return shares;
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 1;
}

/** Throws `InvalidOptionError` for what names no window. `what` begins the sentence. */
export function checkWindow(what: string, window: string): asserts window is WindowKind {
  if (WINDOWS.includes(window as WindowKind)) return;
  throw new InvalidOptionError(`${what}: there is no cap "${window}"; write total, day or month.`);
}
