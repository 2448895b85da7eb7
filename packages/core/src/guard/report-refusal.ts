import type { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import type { CallLabel } from "../ports/ledger-store.ts";
import type { DoorSettings } from "./door-settings.ts";

/** Tells of a call that was refused for want of money. */
export function reportRefusal(
  door: Pick<DoorSettings, "emitter">,
  label: CallLabel,
  error: BudgetExceededError,
): void {
  const { budgetId, needed, cap, spent } = error;
  door.emitter.emit("budget-exceeded", { ...label, budgetId, needed, cap, spent });
}
