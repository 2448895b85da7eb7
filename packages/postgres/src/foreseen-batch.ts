import type { BatchJson } from "./batch-json.ts";
import { compareTexts } from "./compare-texts.ts";
import type { Cell } from "./driver.ts";
import type { KnownSet, KnownSets, KnownWindow } from "./known-sets.ts";
import type { WarningJson } from "./read-warnings.ts";
import type { WindowJson } from "./read-window.ts";
import type { ReserveArgs } from "./reserve-args.ts";
import { fieldText, listText, numbersOf, plainListText, rowText } from "./row-text.ts";
import { storedRows, type SettlementRow, type StoredRow } from "./settlements.ts";

/** The hold rule: a call of which there is this many times as much free gets its bound. */
const PLENTY = 8n;
/** Others may have spent since the database told what is free: there must be so many times as much. */
const MARGIN = 2n;
/** Cap, spent, reserved, overrun. */
const NUMBERS_OF_A_LINE = 4;

/** A batch of which a process foresees that all of it happens. */
export interface ForeseenBatch {
  /** Those of `wflo.settle_and_reserve_foreseen`. */
  readonly args: readonly unknown[];
  /** What its two columns say; undefined where it was not so, and nothing has been done. */
  read(row: readonly Cell[] | undefined): BatchJson | undefined;
}

/** A call of a batch with its budgets, and their number in the batch. */
interface Asking {
  readonly call: ReserveArgs;
  readonly set: KnownSet;
  readonly number: number;
}

/** A window in which calls of a batch reserve. */
interface Line {
  readonly window: KnownWindow;
  /** Nano-dollars, of all of them. */
  added: bigint;
  /** What must be free beside that. */
  beside: bigint;
}

/**
 * What to tell the database of a batch when nothing in it is to be decided: each settlement closes an open hold, each call has an id of its own and gets
 * its bound, on budgets that are known and have plenty. Undefined for every other batch.
 */
export function foreseenBatch(
  settlements: readonly SettlementRow[],
  calls: readonly ReserveArgs[],
  known: KnownSets,
): ForeseenBatch | undefined {
  const closing = storedRows(settlements).toSorted((a, b) => (a.callId < b.callId ? -1 : 1));
  if (closing.some(({ callId }, at) => callId === closing[at - 1]?.callId)) return undefined;
  const asking: Asking[] = [];
  const sets = new Map<KnownSet, number>();
  for (const call of calls) {
    const set = call.isNew ? known.find(call) : undefined;
    if (set === undefined) return undefined;
    const number = sets.get(set) ?? sets.size + 1;
    sets.set(set, number);
    asking.push({ call, set, number });
  }
  asking.sort((a, b) => (a.call.callId < b.call.callId ? -1 : 1));
  const lines = linesOf(asking);
  if (lines.some(({ window, added, beside }) => window.freeNanoUsd < MARGIN * (added + beside)))
    return undefined;
  return {
    args: [
      plainListText(closing.map(({ callId }) => callId)),
      listText(closing.map(settlementText)),
      `[${closing.map(({ receipt }) => receipt.json).join(",")}]`,
      plainListText(asking.map(({ call }) => call.callId)),
      listText(asking.map(askText)),
      listText(Array.from(sets.keys(), ({ row }) => row)),
      listText(lines.map(lineText)),
      ...budgetsOf(sets.keys()),
      ...timeOf(lines),
      ...runsOf(calls),
    ],
    read: (row) =>
      typeof row?.[0] === "string" ? readForeseen(row[0], row[1], closing, calls, lines) : undefined,
  };
}

/** In lock order. */
function linesOf(asking: readonly Asking[]): readonly Line[] {
  const lines = new Map<KnownWindow, Line>();
  for (const { call, set } of asking) {
    const share = BigInt(call.share);
    const beside = call.bound * (share > PLENTY ? share : PLENTY);
    for (const window of set.windows) {
      const line = lines.get(window) ?? { window, added: 0n, beside: 0n };
      lines.set(window, line);
      line.added += call.bound;
      if (beside > line.beside) line.beside = beside;
    }
  }
  return [...lines.values()].toSorted((a, b) => compareLines(a.window.json, b.window.json));
}

function compareLines(a: WindowJson, b: WindowJson): number {
  return (
    compareTexts(a.budgetId, b.budgetId) ||
    compareTexts(a.window, b.window) ||
    (a.startsAt ?? 0) - (b.startsAt ?? 0)
  );
}

/** One `wflo.settlement`, of ids and numbers alone: its call and its receipt are told beside it. */
function settlementText({ settlement, receipt: { counts } }: StoredRow): string {
  const { settlementId, kind, costNanoUsd = "" } = settlement;
  const { inputTokens, outputTokens, latencyMs, hasReason } = counts;
  return `(,${settlementId},${kind},${costNanoUsd},${inputTokens},${outputTokens},${latencyMs},${hasReason},)`;
}

/** One `wflo.ask`. */
function askText({ call, number }: Asking): string {
  const { callId, bound, ttlMs, runId, epoch, labels, provider, model } = call;
  const texts = [...labels, provider, model].map(fieldText).join(",");
  return `(${callId},,${number},${bound},,,,${ttlMs},${runId ?? ""},${epoch ?? ""},${texts})`;
}

/** One `wflo.foreseen_line`. */
function lineText({ window: { json, start }, added, beside }: Line): string {
  return rowText([json.budgetId, json.window, start, added, added + beside]);
}

/** The budgets of these sets, sorted, and their versions. */
function budgetsOf(sets: Iterable<KnownSet>): readonly [ids: string, versions: string] {
  const versions = new Map(Array.from(sets).flatMap((set) => [...set.versions]));
  const ids = [...versions.keys()].toSorted(compareTexts);
  return [listText(ids), listText(ids.map((id) => versions.get(id) ?? ""))];
}

/** The time in which all of these windows are open. */
function timeOf(lines: readonly Line[]): readonly [from: string, until: string] {
  const textOf = (times: readonly number[], pick: (...of: number[]) => number, none: string): string =>
    times.length === 0 ? none : new Date(pick(...times)).toISOString();
  const starts = lines.flatMap(({ window: { json } }) => json.startsAt ?? []);
  const ends = lines.flatMap(({ window: { json } }) => json.resetsAt ?? []);
  return [textOf(starts, Math.max, "-infinity"), textOf(ends, Math.min, "infinity")];
}

/** The runs of these calls, and the least epoch of each. */
function runsOf(calls: readonly ReserveArgs[]): readonly [ids: string, epochs: string] {
  const epochs = new Map<string, number>();
  for (const { runId, epoch } of calls) {
    if (runId === null || epoch === null) continue;
    const id = runId.toLowerCase();
    epochs.set(id, Math.min(epoch, epochs.get(id) ?? epoch));
  }
  return [plainListText([...epochs.keys()]), plainListText([...epochs.values()])];
}

function readForeseen(
  numbers: string,
  warnings: Cell | undefined,
  closing: readonly StoredRow[],
  calls: readonly ReserveArgs[],
  lines: readonly Line[],
): BatchJson {
  const all = numbersOf(numbers);
  const states = all.slice(2 * closing.length);
  if (states.length !== lines.length * NUMBERS_OF_A_LINE)
    throw new Error(`The database told ${all.length} numbers of a batch that it took.`);
  return {
    closed: closing.map(({ callId }) => callId),
    charged: all.slice(0, closing.length),
    overruns: all.slice(closing.length, 2 * closing.length),
    settled: null,
    warnings: typeof warnings === "string" ? (JSON.parse(warnings) as readonly WarningJson[]) : null,
    grants: calls.map(({ bound }) => String(bound)),
    windows: lines.map(({ window }, at) => {
      const [cap = "", spent = "", reserved = "", overrun = ""] = [0, 1, 2, 3].map(
        (column) => states[at + column * lines.length],
      );
      window.freeNanoUsd = BigInt(cap) - BigInt(spent) - BigInt(reserved);
      return { ...window.json, cap, spent, reserved, overrun };
    }),
  };
}
