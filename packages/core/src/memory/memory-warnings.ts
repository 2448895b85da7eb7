import type { BudgetWarning } from "../ports/budget-warning.ts";
import { byteOrder } from "./byte-order.ts";
import type { MemoryWindow } from "./memory-window.ts";

/** The windows of a tenant in which what is booked now makes a warning due. Every method that books takes them or leaves them. */
export class MemoryWarnings {
  private readonly windows = new Set<MemoryWindow>();

  due(window: MemoryWindow): void {
    this.windows.add(window);
  }

  /** Nobody is told: they are due again when something is booked there. */
  leave(): void {
    this.windows.clear();
  }

  /** By budget id, kind and share, ascending; undefined for none. They count as told. */
  take(): readonly BudgetWarning[] | undefined {
    if (this.windows.size === 0) return undefined;
    const warnings = [...this.windows].sort(inOrder).flatMap((window) => window.takeWarnings());
    this.leave();
    return warnings.length === 0 ? undefined : warnings;
  }

  /** The same, as a verdict has it. */
  field(): { readonly warnings?: readonly BudgetWarning[] } {
    const warnings = this.take();
    return warnings === undefined ? {} : { warnings };
  }
}

function inOrder(a: MemoryWindow, b: MemoryWindow): number {
  const byKind = byteOrder(a.budgetId, b.budgetId) || byteOrder(a.kind, b.kind);
  return byKind || (a.startsAt?.getTime() ?? 0) - (b.startsAt?.getTime() ?? 0);
}
