import { expect, test } from "vitest";
import type { BookedEntry } from "./books.ts";
import { compare } from "./compare.ts";
import { Tally } from "./tally.ts";
import type { ToldCall } from "./told.ts";

function told(call: Partial<ToldCall>): ToldCall {
  return {
    budgets: ["b"],
    isOrphan: false,
    wasAsked: true,
    isLease: false,
    ended: [],
    held: 10n,
    charged: undefined,
    unheard: [],
    heirs: [],
    ...call,
  };
}

function entry(of: Partial<BookedEntry>): BookedEntry {
  const charged = of.charged ?? 7n;
  return { callId: "c", kind: "settle", held: 10n, charged, total: charged, overrun: 0n, ...of };
}

interface Case {
  readonly title: string;
  readonly calls: Readonly<Record<string, ToldCall>>;
  readonly entries: readonly BookedEntry[];
  /** What budget `b` has spent; what its entries say unless given. */
  readonly spent?: bigint;
  readonly leftOpen?: readonly string[];
  readonly corrected?: Readonly<Record<string, bigint>>;
  readonly wrong: Partial<Record<keyof ReturnType<typeof compare>, number>>;
}

const LEASED = { wasAsked: false, held: undefined };
const ORPHAN_EXPIRED = { entries: [entry({ kind: "expire", charged: 10n })], leftOpen: ["c"] };

const CASES: readonly Case[] = [
  { title: "told and booked alike", calls: { c: told({ charged: 7n }) }, entries: [entry({})], wrong: {} },
  {
    title: "another amount booked than told",
    calls: { c: told({ charged: 7n }) },
    entries: [entry({ charged: 8n })],
    wrong: { lostSettles: 1, wrongMoney: 2 },
  },
  {
    title: "an acknowledged reserve without a trace",
    calls: { c: told({}) },
    entries: [],
    wrong: { lostReserves: 1 },
  },
  {
    title: "a hold that another call took over",
    calls: { c: told({ heirs: ["d"] }), d: told({ charged: 7n }) },
    entries: [entry({ callId: "d" })],
    wrong: {},
  },
  {
    title: "an entry of a call that nobody made",
    calls: {},
    entries: [entry({})],
    wrong: { wrongMoney: 2 },
  },
  {
    title: "a budget that was charged twice",
    calls: { c: told({ charged: 7n }) },
    entries: [entry({})],
    spent: 14n,
    wrong: { wrongMoney: 1 },
  },
  {
    title: "a killed process whose hold was charged in full",
    calls: { c: told({ isOrphan: true }) },
    ...ORPHAN_EXPIRED,
    wrong: {},
  },
  {
    title: "a killed process whose hold was given back",
    calls: { c: told({ isOrphan: true }) },
    entries: [entry({ kind: "expire", charged: 0n })],
    leftOpen: ["c"],
    wrong: { wrongMoney: 2, strayHolds: 1 },
  },
  {
    title: "a hold that is open though nobody was killed",
    calls: { c: told({}) },
    ...ORPHAN_EXPIRED,
    wrong: { strayHolds: 1 },
  },
  {
    title: "a killed process whose settle arrived unheard",
    calls: { c: told({ isOrphan: true, unheard: [7n] }) },
    entries: [entry({})],
    wrong: {},
  },
  {
    title: "a settle that arrived as another amount",
    calls: { c: told({ isOrphan: true, unheard: [7n] }) },
    entries: [entry({ charged: 6n })],
    wrong: { wrongMoney: 2 },
  },
  {
    title: "a late bill after the hold had expired",
    calls: { c: told({ charged: 7n }) },
    entries: [entry({ kind: "expire", charged: 10n }), entry({ kind: "late", charged: -3n, total: 7n })],
    wrong: {},
  },
  {
    title: "a cost that was set by hand",
    calls: { c: told({ charged: 7n }) },
    entries: [entry({}), entry({ kind: "correction", charged: 13n, total: 20n })],
    corrected: { c: 20n },
    wrong: {},
  },
  {
    title: "a correction that counted twice",
    calls: { c: told({ charged: 7n }) },
    entries: [
      entry({}),
      entry({ kind: "correction", charged: 13n, total: 20n }),
      entry({ kind: "correction", charged: 13n, total: 33n }),
    ],
    corrected: { c: 20n },
    wrong: { wrongMoney: 2 },
  },
  {
    title: "a call that said something else than it was charged",
    calls: { c: told({ charged: 7n, ended: [6n] }) },
    entries: [entry({})],
    wrong: { wrongMoney: 1 },
  },
  {
    title: "a call on a lease that is charged what it said last",
    calls: { c: told({ ...LEASED, ended: [10n, 7n] }) },
    entries: [entry({ kind: "doubt", charged: 10n }), entry({ kind: "late", charged: -3n, total: 7n })],
    wrong: {},
  },
  {
    title: "a call on a lease whose charge was lost though its process lives",
    calls: { c: told({ ...LEASED, ended: [7n] }) },
    entries: [],
    wrong: { wrongLeases: 1, wrongMoney: 1 },
  },
  {
    title: "a call on a lease whose killed process took its charge along",
    calls: { c: told({ ...LEASED, isOrphan: true, ended: [7n] }) },
    entries: [],
    wrong: {},
  },
  {
    title: "a call on a lease whose killed process took its last bill along",
    calls: { c: told({ ...LEASED, isOrphan: true, ended: [10n, 7n] }) },
    entries: [entry({ kind: "doubt", charged: 10n })],
    wrong: {},
  },
  {
    title: "a call on a lease that a killed process did not charge what it said",
    calls: { c: told({ ...LEASED, isOrphan: true, ended: [7n] }) },
    entries: [entry({ charged: 8n })],
    wrong: { wrongLeases: 1, wrongMoney: 1 },
  },
  {
    title: "a lease of a killed process that is charged what was left of it",
    calls: { c: told({ isLease: true, isOrphan: true }) },
    entries: [entry({ kind: "expire", held: 4n, charged: 4n })],
    leftOpen: ["c"],
    wrong: {},
  },
  {
    title: "a lease of a killed process that is charged more than it had",
    calls: { c: told({ isLease: true, isOrphan: true }) },
    entries: [entry({ kind: "expire", held: 11n, charged: 11n })],
    leftOpen: ["c"],
    wrong: { wrongLeases: 1, wrongMoney: 1 },
  },
  {
    title: "what was let through on a lease and given up before it began",
    calls: { l: told({ isLease: true, charged: 0n }) },
    entries: [entry({ callId: "l", charged: 0n }), entry({ kind: "void", charged: 0n })],
    wrong: {},
  },
];

test.each(CASES)("$title: $wrong", ({ calls, entries, spent, leftOpen = [], corrected = {}, wrong }) => {
  const booked = entries.reduce((sum, { charged }) => sum + charged, 0n);
  const amounts = { cap: 100n, spent: spent ?? booked, reserved: 0n, overruns: 0n, corrections: 0n };
  const end = {
    leftOpen,
    openHolds: 0,
    doubts: { calls: 0, nanoUsd: 0n },
    entries,
    windows: [{ budgetId: "b", window: "total", ...amounts }],
  };
  const calledBy = { calls: new Map(Object.entries(calls)), tally: new Tally(), misheard: [] };
  const found = compare(calledBy, end, new Map(Object.entries(corrected)));
  const counts = Object.entries(found).map(([name, sentences]) => [name, sentences.length] as const);
  expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(wrong);
});
