import type { WindowKind, WindowState } from "../ports/window-state.ts";
import type { WindowBounds } from "./window-bounds.ts";

/** One window row of the memory ledger. Amounts in nano-dollars. */
export class MemoryWindow {
  readonly budgetId: string;
  readonly kind: WindowKind;
  readonly startsAt: Date | undefined;
  readonly resetsAt: Date | undefined;
  capNanoUsd: bigint;
  spentNanoUsd = 0n;
  reservedNanoUsd = 0n;
  overrunNanoUsd = 0n;

  constructor(budgetId: string, kind: WindowKind, bounds: WindowBounds, capNanoUsd: bigint) {
    this.budgetId = budgetId;
    this.kind = kind;
    this.startsAt = kind === "total" ? undefined : new Date(bounds.startsAtMs);
    this.resetsAt = kind === "total" ? undefined : new Date(bounds.resetsAtMs);
    this.capNanoUsd = capNanoUsd;
  }

  /** What the port hands out: a copy, so that later calls do not change it. */
  state(): WindowState {
    return {
      budgetId: this.budgetId,
      window: this.kind,
      startsAt: this.startsAt,
      resetsAt: this.resetsAt,
      capNanoUsd: this.capNanoUsd,
      spentNanoUsd: this.spentNanoUsd,
      reservedNanoUsd: this.reservedNanoUsd,
      overrunNanoUsd: this.overrunNanoUsd,
    };
  }
}
