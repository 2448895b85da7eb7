import type { CrashPoint } from "@wflo/core";

/** Those who call while the budgets are stirred. */
export interface Players {
  /** Resolves when they could begin at once. */
  prepare(): Promise<void>;
  /** Lets them call. */
  start(): void;
  /** Kills some of them, one after the other, until the signal aborts. */
  killInTurn(playMs: number, signal: AbortSignal): Promise<void>;
  /** Lets all end their calls. */
  stop(): Promise<void>;
  /** Ends all at once, for good. May be called in any state. */
  kill(): Promise<void>;
  /** The logs of all that ever played, and whether each was killed as it was meant to be. */
  readonly logs: readonly { readonly file: string; readonly isKilled: boolean }[];
  /** How many were killed at each point. */
  readonly killed: Readonly<Record<CrashPoint, number>>;
  /** What went wrong with processes. */
  readonly errors: readonly string[];
}
