import type { BudgetWarning } from "@wflo/core";
import { readWindow, type WindowJson } from "./read-window.ts";

/** A warning as `wflo.take_warnings` writes it. */
export interface WarningJson {
  readonly share: number;
  readonly window: WindowJson;
}

/** Reads warnings. */
export function readWarnings(warnings: readonly WarningJson[]): readonly BudgetWarning[] {
  return warnings.map(({ share, window }) => ({ share, window: readWindow(window) }));
}
