import type { WindowState } from "../ports/window-state.ts";

type Refusing = Pick<WindowState, "resetsAt" | "capNanoUsd" | "spentNanoUsd">;

/** Of windows that refuse a call the one that does so longest: a total before what resets last, and of those that reset together the one with the least left. */
export function lastToReset<Window extends Refusing>(windows: readonly Window[]): Window | undefined {
  let last: Window | undefined;
  for (const window of windows) if (last === undefined || outlasts(window, last)) last = window;
  return last;
}

function outlasts(window: Refusing, other: Refusing): boolean {
  const [resetMs, otherMs] = [resetMsOf(window), resetMsOf(other)];
  if (resetMs !== otherMs) return resetMs > otherMs;
  return window.capNanoUsd - window.spentNanoUsd < other.capNanoUsd - other.spentNanoUsd;
}

function resetMsOf({ resetsAt }: Refusing): number {
  return resetsAt?.getTime() ?? Infinity;
}
