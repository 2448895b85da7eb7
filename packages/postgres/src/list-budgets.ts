import type { BudgetState, LedgerStore, WindowKind, WindowState } from "@wflo/core";
import { afterPrefix } from "./after-prefix.ts";
import type { Cell } from "./driver.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";

const LIST = "select * from wflo.list_budgets($1, $2, $3, $4, $5, $6)";
/** In the order of their cells. */
const KINDS = ["total", "day", "month"] as const;
/** Cells before those of the kinds, and those of each kind. */
const HEAD = 5;
const EACH = 5;

/** One page of budgets, in one statement. */
export async function listBudgets(
  driver: MigratedDriver,
  tenant: string,
  { prefix = "", after, limit }: Parameters<LedgerStore["listBudgets"]>[1],
): Promise<readonly BudgetState[]> {
  const until = afterPrefix(prefix);
  // Where nothing comes after the prefix, the next tenant does.
  const end = until === undefined ? [`${tenant}\u0001`, ""] : [tenant, until];
  const from = after === undefined ? null : keyOf("budget id", after);
  const params = [keyOf("tenant", tenant), keyOf("prefix", prefix), ...end, from, limit];
  const rows = await driver.query({ text: LIST, params, name: "wflo_list_budgets" });
  // A page has many budgets and few zones.
  const zones = new Map<Cell | undefined, Zone>();
  return rows.map((row) => {
    const bounds = row[HEAD - 1];
    const zone = zones.get(bounds) ?? zoneOf(String(bounds));
    zones.set(bounds, zone);
    return readRow(row, zone);
  });
}

interface Zone {
  readonly timeZone: string;
  readonly bounds: Readonly<Record<WindowKind, Pick<WindowState, "startsAt" | "resetsAt">>>;
}

function zoneOf(json: string): Zone {
  const [timeZone, day, nextDay, month, nextMonth] = JSON.parse(json) as [string, ...number[]];
  return {
    timeZone,
    bounds: {
      total: { startsAt: undefined, resetsAt: undefined },
      day: { startsAt: dateOf(day), resetsAt: dateOf(nextDay) },
      month: { startsAt: dateOf(month), resetsAt: dateOf(nextMonth) },
    },
  };
}

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

function readRow(row: readonly Cell[], { timeZone, bounds }: Zone): BudgetState {
  const [id, paused, onExpiry, warnAt] = row as readonly [string, boolean, BudgetState["onExpiry"], string];
  const caps: Partial<Record<WindowKind, bigint>> = {};
  const windows: WindowState[] = [];
  for (const [place, kind] of KINDS.entries()) {
    const at = HEAD + EACH * place;
    const ordinary = row[at];
    if (typeof ordinary !== "string") continue;
    const capNanoUsd = BigInt(ordinary);
    caps[kind] = capNanoUsd;
    windows.push({
      budgetId: id,
      window: kind,
      timeZone,
      // A date of its own for each, which its owner may change.
      startsAt: copyOf(bounds[kind].startsAt),
      resetsAt: copyOf(bounds[kind].resetsAt),
      capNanoUsd: amountOf(row[at + 1]) ?? capNanoUsd,
      spentNanoUsd: amountOf(row[at + 2]) ?? 0n,
      reservedNanoUsd: amountOf(row[at + 3]) ?? 0n,
      overrunNanoUsd: amountOf(row[at + 4]) ?? 0n,
    });
  }
  return { id, caps, onExpiry, warnAt: sharesOf(warnAt), timeZone, paused, windows };
}

function amountOf(cell: Cell | undefined): bigint | undefined {
  return typeof cell === "string" ? BigInt(cell) : undefined;
}

function copyOf(date: Date | undefined): Date | undefined {
  return date && new Date(date);
}

function sharesOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(",").map(Number);
}
