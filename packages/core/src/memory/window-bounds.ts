import type { WindowKind } from "../ports/window-state.ts";

/** A stretch of time, start included, in milliseconds since the epoch. */
export interface WindowBounds {
  readonly startsAtMs: number;
  readonly resetsAtMs: number;
}

const DAY_MS = 86_400_000;

/** The day or calendar month in UTC around `nowMs`; for `total`, all time. */
export function windowBounds(kind: WindowKind, nowMs: number): WindowBounds {
  switch (kind) {
    case "total":
      return { startsAtMs: -Infinity, resetsAtMs: Infinity };
    case "day": {
      const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
      return { startsAtMs, resetsAtMs: startsAtMs + DAY_MS };
    }
    case "month": {
      const now = new Date(nowMs);
      const year = now.getUTCFullYear();
      const month = now.getUTCMonth();
      return { startsAtMs: Date.UTC(year, month, 1), resetsAtMs: Date.UTC(year, month + 1, 1) };
    }
  }
}
