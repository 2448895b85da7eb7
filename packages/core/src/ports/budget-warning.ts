import type { WindowState } from "./window-state.ts";

/** A window has so much of its cap spent as its budget's `warnAt` names, and nobody was told before. */
export interface BudgetWarning {
  /** One of `warnAt`. */
  readonly share: number;
  /** As it was when the store decided so. */
  readonly window: WindowState;
}

/** Who is told what a sweep over all tenants brings up: the warnings of one tenant. Those of others are left to a later method. */
export interface WarningWatch {
  readonly tenant: string;
  readonly tell: (warnings: readonly BudgetWarning[]) => void;
}
