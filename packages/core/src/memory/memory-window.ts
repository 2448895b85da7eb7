import type { WindowKind, WindowState } from "../ports/window-state.ts";
import type { WindowBounds } from "./window-bounds.ts";

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

  constructor(
    { id, timeZone }: { readonly id: string; readonly timeZone: string },
    kind: WindowKind,
    bounds: WindowBounds,
    capNanoUsd: bigint,
  ) {
    this.budgetId = id;
    this.timeZone = timeZone;
    this.kind = kind;
    this.startsAt = kind === "total" ? undefined : new Date(bounds.startsAtMs);
    this.resetsAt = resetOf(kind, bounds);
    this.capNanoUsd = capNanoUsd;
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
