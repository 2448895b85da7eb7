import type { WindowKind, WindowState } from "@wflo/core";

/** A window as the SQL functions write it: money as text, times in milliseconds. */
export interface WindowJson {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly zone: string;
  readonly startsAt: number | null;
  readonly resetsAt: number | null;
  readonly cap: string;
  readonly spent: string;
  readonly reserved: string;
  readonly overrun: string;
}

/** Reads a window. */
export function readWindow(json: WindowJson): WindowState {
  return {
    budgetId: json.budgetId,
    window: json.window,
    timeZone: json.zone,
    startsAt: json.startsAt === null ? undefined : new Date(json.startsAt),
    resetsAt: json.resetsAt === null ? undefined : new Date(json.resetsAt),
    capNanoUsd: BigInt(json.cap),
    spentNanoUsd: BigInt(json.spent),
    reservedNanoUsd: BigInt(json.reserved),
    overrunNanoUsd: BigInt(json.overrun),
  };
}
