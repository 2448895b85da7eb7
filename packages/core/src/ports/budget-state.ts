import type { WindowKind, WindowState } from "./window-state.ts";

/** What a budget is set to. A cap that is left out is lifted; amounts in nano-dollars. */
export interface BudgetDefinition {
  readonly id: string;
  readonly caps: Readonly<Partial<Record<WindowKind, bigint>>>;
  /** What becomes of a hold whose process died: `charge` it in full (the default, the request may have been billed), or `release` it. */
  readonly onExpiry: "charge" | "release";
  /**
   * Shares of a cap (above 0, up to 1) at which a window warns, each once: a share that was told, and those below it, are not told
   * again. A higher cap forgets the shares that are no longer spent of it.
   */
  readonly warnAt: readonly number[];
  /**
   * The budget above it: every call on this one is held on that one too, and on those above that. Left out, there is none.
   */
  readonly parent?: string | undefined;
  /** Whose calendar days and months follow: `UTC` (when left out) or an IANA name that JavaScript knows. */
  readonly timeZone?: string | undefined;
}

/** A budget with its open windows, one for each cap. A window nobody used yet is shown as empty. */
export interface BudgetState extends BudgetDefinition {
  readonly timeZone: string;
  readonly paused: boolean;
  readonly windows: readonly WindowState[];
}
