import type { LedgerStore, Wflo } from "@wflo/core";
import { CLOCK_IDS } from "./budget-tree.ts";
import type { Books } from "./books.ts";

const DAY_MS = 24 * 3_600_000;
/** The server's clock and this one may differ by so much. */
const CLOCKS_DIFFER_MS = 60_000;
/** Used up before midnight comes, if many calls are made. */
const CAP_A_DAY = "2.00";

/** Budgets whose day ends while the workers call. Undefined, or why there are none. */
export async function placeMidnights(options: {
  readonly wflo: Wflo;
  readonly ledger: LedgerStore;
  readonly books: Books;
  readonly playMs: number;
}): Promise<string | undefined> {
  const { wflo, ledger, books, playMs } = options;
  let why: string | undefined;
  for (const [at, id] of CLOCK_IDS.entries()) {
    await wflo.budgets.set({ id, caps: { day: CAP_A_DAY } });
    const midnight = Date.now() + (playMs * (at + 1)) / (CLOCK_IDS.length + 1);
    if (!(await books.setZone(id, zoneWithMidnightAt(midnight))))
      why = "this database lets nobody set a zone";
    else if (!(await endsAround(ledger, wflo.tenant, id, midnight)))
      why = "this version of wflo counts every day in UTC";
  }
  return why;
}

/** A POSIX zone, to the second, in which it is midnight at this time. */
export function zoneWithMidnightAt(timeMs: number): string {
  const seconds = Math.round((timeMs % DAY_MS) / 1_000);
  const isWest = seconds <= DAY_MS / 2_000;
  const away = isWest ? seconds : DAY_MS / 1_000 - seconds;
  const parts = [Math.floor(away / 3_600), Math.floor(away / 60) % 60, away % 60];
  return `<wflo>${isWest ? "+" : "-"}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
}

async function endsAround(ledger: LedgerStore, tenant: string, id: string, timeMs: number): Promise<boolean> {
  const [budget] = await ledger.getBudgets(tenant, [id]);
  const resetsAt = budget?.windows[0]?.resetsAt?.getTime() ?? Number.NaN;
  return Math.abs(resetsAt - timeMs) < CLOCKS_DIFFER_MS;
}
