import type { Entry } from "../ports/ledger-store.ts";

/**
 * The lines of one call as they were booked, the one that closed it first. Their ids do not tell: that of a bill which waited for the database is
 * older than that of what was charged meanwhile, and clocks of hosts differ.
 */
export function inBookingOrder(lines: readonly Entry[]): Entry[] {
  return lines.toSorted((a, b) => Number(amends(a)) - Number(amends(b)) || a.at.getTime() - b.at.getTime());
}

function amends({ kind }: Entry): boolean {
  return kind === "late" || kind === "correction";
}
