import type { FeeRates, Rates } from "./rate-card.ts";

const DAY_MS = 86_400_000;

/** Rates with the time they hold: from an instant on, within hours of the day (UTC), both, or always. */
export interface DatedRates {
  readonly rates: Rates;
  readonly fees?: FeeRates;
  readonly source: string;
  /** ISO date on which the price was read. */
  readonly checkedOn?: string;
  readonly asOf?: string;
  readonly fromMs?: number;
  /** Milliseconds after midnight UTC; `end` below `start` runs over midnight. */
  readonly hours?: { readonly start: number; readonly end: number };
}

/** Which of a model's dated rates holds at an instant: the last that applies, else the first. */
export function indexAt(schedule: readonly DatedRates[], atMs: number): number {
  for (let index = schedule.length - 1; index > 0; index -= 1) {
    const entry = schedule[index];
    if (entry && hasBegun(entry, atMs) && inHours(entry, atMs)) return index;
  }
  return 0;
}

/** The other entries that a request sent at an instant may still be billed at, within a day from then. */
export function indexesWithinADay(schedule: readonly DatedRates[], atMs: number): readonly number[] {
  if (schedule.length === 1) return [];
  const now = indexAt(schedule, atMs);
  // What stands before the last entry in force at every hour can no longer apply.
  const first = indexWithoutHours(schedule, atMs);
  return schedule.flatMap((entry, index) =>
    index >= first && index !== now && hasBegun(entry, atMs + DAY_MS) ? [index] : [],
  );
}

function indexWithoutHours(schedule: readonly DatedRates[], atMs: number): number {
  for (let index = schedule.length - 1; index > 0; index -= 1) {
    const entry = schedule[index];
    if (entry && entry.hours === undefined && hasBegun(entry, atMs)) return index;
  }
  return 0;
}

function hasBegun(entry: DatedRates, atMs: number): boolean {
  return entry.fromMs === undefined || atMs >= entry.fromMs;
}

function inHours(entry: DatedRates, atMs: number): boolean {
  if (!entry.hours) return true;
  const { start, end } = entry.hours;
  const time = ((atMs % DAY_MS) + DAY_MS) % DAY_MS;
  return end < start ? time >= start || time < end : time >= start && time < end;
}
