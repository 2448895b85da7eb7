/** How long a cap counts: for ever, or for one day or calendar month of the budget's time zone. */
export type WindowKind = "total" | "day" | "month";

/** One cap of one budget in one stretch of time, as the store has it. Amounts in nano-dollars. */
export interface WindowState {
  readonly budgetId: string;
  readonly window: WindowKind;
  /** Whose calendar it follows: `UTC` or an IANA name. */
  readonly timeZone: string;
  /** Undefined for `total`. */
  readonly startsAt: Date | undefined;
  /** When the next window begins; undefined for `total`. */
  readonly resetsAt: Date | undefined;
  readonly capNanoUsd: bigint;
  readonly spentNanoUsd: bigint;
  readonly reservedNanoUsd: bigint;
  /** The part of `spent` that bills brought above their holds. */
  readonly overrunNanoUsd: bigint;
}
