import type { BudgetState, LedgerStore, WindowKind, WindowState } from "@wflo/core";
import { afterPrefix } from "./after-prefix.ts";
import type { Cell } from "./driver.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";

const LIST = "select * from wflo.list_budgets($1, $2, $3, $4, $5, $6)";
/** In the order of their cells. */
const KINDS = ["total", "day", "month"] as const;
/** Cells before those of the kinds, and those of each kind. */
const HEAD = 7;
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
  const zones = new Map<string, Zone>();
  return rows.map((row) => readRow(row, zones));
}

/** When the windows of a kind begin and end in a zone; milliseconds. */
type Zone = Readonly<Record<WindowKind, { readonly startsAt?: number; readonly resetsAt?: number }>>;

function zoneOf(json: string): Zone {
  const [day, nextDay, month, nextMonth] = (JSON.parse(json) as readonly number[]).map((at) => at * 1000);
  return {
    total: {},
    day: { startsAt: day, resetsAt: nextDay },
    month: { startsAt: month, resetsAt: nextMonth },
  } as Zone;
}

/** What is usual is null. The first row of a zone tells its bounds. */
function readRow(row: readonly Cell[], zones: Map<string, Zone>): BudgetState {
  const [id, timeZone, bounds, paused, onExpiry, warnAt, parent] = row as readonly [
    id: string,
    timeZone: string,
    bounds: string | null,
    paused: true | null,
    onExpiry: BudgetState["onExpiry"] | null,
    warnAt: string | null,
    parent: string | null,
  ];
  if (bounds !== null) zones.set(timeZone, zoneOf(bounds));
  const zone = zones.get(timeZone);
  const caps: Partial<Record<WindowKind, bigint>> = {};
  const windows: WindowState[] = [];
  for (let place = 0; place < KINDS.length; place += 1) {
    const at = HEAD + EACH * place;
    const ordinary = amountOf(row[at]);
    const window = KINDS[place];
    if (ordinary === undefined || window === undefined) continue;
    caps[window] = ordinary;
    windows.push({
      budgetId: id,
      window,
      timeZone,
      startsAt: dateOf(zone?.[window].startsAt),
      resetsAt: dateOf(zone?.[window].resetsAt),
      capNanoUsd: amountOf(row[at + 1]) ?? ordinary,
      spentNanoUsd: amountOf(row[at + 2]) ?? 0n,
      reservedNanoUsd: amountOf(row[at + 3]) ?? 0n,
      overrunNanoUsd: amountOf(row[at + 4]) ?? 0n,
    });
  }
  return {
    id,
    caps,
    onExpiry: onExpiry ?? "charge",
    warnAt: warnAt === null ? [] : warnAt.split(",").map(Number),
    parent: parent ?? undefined,
    timeZone,
    paused: paused ?? false,
    windows,
  };
}

function amountOf(cell: Cell | undefined): bigint | undefined {
  return typeof cell === "string" ? BigInt(cell) : undefined;
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
