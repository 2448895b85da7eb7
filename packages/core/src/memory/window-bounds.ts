import type { WindowKind } from "../ports/window-state.ts";
import type { ZoneClocks } from "./zone-clocks.ts";

/** A stretch of time, start included, in milliseconds since the epoch. */
export interface WindowBounds {
  readonly startsAtMs: number;
  readonly resetsAtMs: number;
}

const DAY_MS = 86_400_000;

/** A zone, and how to tell its time. */
interface Place {
  readonly zone: string;
  readonly clocks: ZoneClocks;
}

/** The day or calendar month of a zone around `nowMs`; for `total`, all time. */
export function windowBounds(kind: WindowKind, nowMs: number, place: Place): WindowBounds {
  switch (kind) {
    case "total":
      return { startsAtMs: -Infinity, resetsAtMs: Infinity };
    case "day": {
      const midnightMs = midnightBefore(nowMs, place);
      return { startsAtMs: began(midnightMs, place), resetsAtMs: began(midnightMs + DAY_MS, place) };
    }
    case "month": {
      const today = new Date(midnightBefore(nowMs, place));
      const year = today.getUTCFullYear();
      const month = today.getUTCMonth();
      return {
        startsAtMs: began(Date.UTC(year, month, 1), place),
        resetsAtMs: began(Date.UTC(year, month + 1, 1), place),
      };
    }
  }
}

/** The midnight with which the day around `nowMs` began, as if it were UTC. */
function midnightBefore(nowMs: number, { zone, clocks }: Place): number {
  if (zone === "UTC") return Math.floor(nowMs / DAY_MS) * DAY_MS;
  const midnightMs = Math.floor(clocks.localMs(zone, nowMs) / DAY_MS) * DAY_MS;
  // A day that has begun stays begun, though clocks be set back over its midnight.
  return clocks.firstOfDay(zone, midnightMs + DAY_MS) <= nowMs ? midnightMs + DAY_MS : midnightMs;
}

function began(midnightMs: number, { zone, clocks }: Place): number {
  return zone === "UTC" ? midnightMs : clocks.firstOfDay(zone, midnightMs);
}
