import type { BudgetInput } from "@wflo/core";

/** Stretches of time, in hours, by the names that Mastra has for them. */
const HOURS = { "1h": 1, "6h": 6, "24h": 24, "7d": 168, "30d": 720, "365d": 8_760 };
const HOUR_MS = 3_600_000;
/** Monday, 1970-01-05: the stretches of seven days are weeks. */
const FIRST_MONDAY_MS = 4 * 24 * HOUR_MS;

/**
 * How long a cap counts. The names of Mastra's `TokenCostControl` are stretches that follow each other, in UTC, each with a budget of its own (a
 * week begins on Monday); `day` and `month` are those of the calendar, `total` is for ever.
 */
export type ScopeWindow = keyof typeof HOURS | "day" | "month" | "total";

/** Every name of a window. */
export const SCOPE_WINDOWS: readonly string[] = [...Object.keys(HOURS), "day", "month", "total"];

/** The end of a budget's id and the kind of its cap, for the stretch of time that `nowMs` is in. */
export function windowAt(
  window: ScopeWindow,
  nowMs: number,
): { readonly suffix: string; readonly cap: keyof BudgetInput["caps"] } {
  if (window === "day" || window === "month" || window === "total") return { suffix: window, cap: window };
  const lengthMs = HOURS[window] * HOUR_MS;
  const sinceMs = nowMs - FIRST_MONDAY_MS;
  const start = new Date(FIRST_MONDAY_MS + Math.floor(sinceMs / lengthMs) * lengthMs);
  const name = start.toISOString().slice(0, HOURS[window] < 24 ? 13 : 10);
  return { suffix: `${window}/${name}`, cap: "total" };
}
