import {
  memoryDatabase,
  type BudgetWarning,
  type LedgerStore,
  type ReserveVerdict,
  type WindowKind,
} from "@wflo/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { asks, bills, newId } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();

const TENANT = "t";
const IDS = ["team/a", "user/1", "user/%", "user/\\", "user/😀", "user/\ufffd"];
const ZONES = ["UTC", "Europe/Paris", "America/Havana", "Africa/Cairo", "Asia/Kolkata", "Antarctica/Troll"];
/** On the eve of clock changes, of a month, and of a year. */
const STARTS = ["2026-03-28T22:00Z", "2026-10-24T21:00Z", "2026-10-31T20:00Z", "2026-12-31T03:00Z"];
const HOUR_MS = 3_600_000;
const EVERYBODY = {
  prefix: "",
  caps: { day: 300n, total: 900n },
  onExpiry: "charge",
  warnAt: [0.2, 0.5],
} as const;

const id = fc.constantFrom(...IDS);
const amount = (max: number) => fc.integer({ min: 0, max }).map(BigInt);
const kind = fc.constantFrom<WindowKind>("total", "day", "month");
const terms = fc.record({
  caps: fc.dictionary(kind, amount(600), { minKeys: 1, noNullPrototype: true }),
  onExpiry: fc.constantFrom("charge" as const, "release" as const),
  warnAt: fc.constantFrom([], [0.2, 0.4, 0.6, 0.8], [0.2, 0.5, 0.8], [0.30000000000000004, 1]),
  timeZone: fc.constantFrom(...ZONES),
  parent: fc.option(id, { nil: undefined, freq: 2 }),
});
const prefix = fc.constantFrom("", "user/", "user/1", "user/%", "user/\\", "user/😀", "team", "\u{10ffff}");
const call = fc.nat({ max: 4 });
const moveOf = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("set" as const), id, terms }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("setDefault" as const), prefix, terms }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("removeDefault" as const), prefix }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("make" as const), id }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("raise" as const), id, kind, to: amount(900) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("pause" as const), id, paused: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant("reserve" as const), id, bound: amount(300) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("settle" as const),
      call,
      cost: fc.option(amount(400), { nil: undefined }),
      ending: fc.constantFrom("settle" as const, "doubt" as const, "void" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("correct" as const), call, cost: amount(500) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("wait" as const), hours: fc.constantFrom(1, 2, 7, 220) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("expire" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("list" as const),
      prefix,
      after: fc.option(id, { nil: undefined }),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
);
type Move = typeof moveOf extends fc.Arbitrary<infer T> ? T : never;

/** Calls as both ledgers know them, the latest first. */
class Calls {
  readonly #ids: string[] = [];

  add(): string {
    this.#ids.unshift(newId());
    return this.#ids[0] ?? "";
  }

  at(place: number): string {
    return this.#ids[place] ?? newId();
  }
}

/** What a warning tells, but for the zone of a window that its budget has left. */
function told(warnings: readonly BudgetWarning[] = []): unknown {
  return warnings.map(({ share, window: { budgetId, window, startsAt, spentNanoUsd } }) => {
    return [share, budgetId, window, startsAt, spentNanoUsd];
  });
}

/** What a move does to a ledger; the same ids for every ledger that it is done to. Time passes elsewhere. */
function playOf(move: Move, calls: Calls): (ledger: LedgerStore) => Promise<unknown> {
  switch (move.does) {
    case "set":
      return (ledger) => ledger.setBudget(TENANT, { id: move.id, ...move.terms });
    case "setDefault":
      return (ledger) => ledger.setDefault(TENANT, { prefix: move.prefix, ...move.terms });
    case "removeDefault":
      return (ledger) => ledger.removeDefault(TENANT, move.prefix);
    case "make":
      return (ledger) => ledger.createFromDefault(TENANT, move.id);
    case "raise":
      return (ledger) => ledger.raiseCap(TENANT, move.id, move.kind, move.to);
    case "pause":
      return (ledger) => ledger.setPaused(TENANT, move.id, move.paused);
    case "reserve": {
      const callId = calls.add();
      return (ledger) => reserved(ledger, move.id, { callId, bound: move.bound });
    }
    case "settle": {
      const bill = bills(calls.at(move.call), move.cost, { kind: move.ending });
      return async (ledger) => {
        const [verdict] = await ledger.settle(TENANT, [bill]);
        return { ...verdict, warnings: told(verdict?.warnings) };
      };
    }
    case "correct": {
      const correction = {
        callId: calls.at(move.call),
        correctionId: newId(),
        costNanoUsd: move.cost,
        receipt: {},
      };
      return async (ledger) => {
        const verdict = await ledger.correct(TENANT, correction);
        return { ...verdict, warnings: told(verdict?.warnings) };
      };
    }
    case "expire":
      return async (ledger) => {
        const heard: BudgetWarning[] = [];
        const tell = (warnings: readonly BudgetWarning[]) => void heard.push(...warnings);
        return [await ledger.expire(1_000, { tenant: TENANT, tell }), told(heard)];
      };
    case "wait":
      return async () => undefined;
    case "list":
      return (ledger) => ledger.listBudgets(TENANT, move);
  }
}

/** Asks on a budget and all above it; which of several windows with as much left is named is left to the ledger. */
async function reserved(
  ledger: LedgerStore,
  budgetId: string,
  { callId, bound }: { readonly callId: string; readonly bound: bigint },
): Promise<unknown> {
  await ledger.createFromDefault(TENANT, budgetId);
  let inherited: readonly string[] = [];
  let verdict: ReserveVerdict;
  do {
    const ask = asks([budgetId, ...inherited], bound, { callId, inherited, ttlMs: HOUR_MS });
    verdict = await ledger.reserve(ask);
    if (verdict.code === "incomplete") inherited = verdict.parents.map(({ parent }) => parent);
  } while (verdict.code === "incomplete");
  if (verdict.code === "granted") return [verdict.code, verdict.amountNanoUsd, inherited];
  if (verdict.code !== "held" && verdict.code !== "exhausted") return verdict;
  const { capNanoUsd, spentNanoUsd, reservedNanoUsd } = verdict.window;
  const taken = verdict.code === "held" ? reservedNanoUsd : 0n;
  return [verdict.code, capNanoUsd - spentNanoUsd - taken];
}

/** What comes of a move, or the sentence of its refusal, and all budgets after it. */
async function shownBy(ledger: LedgerStore, play: (ledger: LedgerStore) => Promise<unknown>) {
  const outcome = await play(ledger).catch((error: Error) => error.message);
  const listed = await ledger.listBudgets(TENANT, { limit: 100 });
  return { outcome, listed, named: await ledger.getBudgets(TENANT, IDS) };
}

test(
  "answers owners and callers of budgets as the memory database does, across zones, parents, defaults and clock changes",
  { timeout: 120_000 },
  async () => {
    const opened = database.open();
    const { ledger } = opened;
    let nowMs = 0;
    const setNow = async (ms: number) => {
      nowMs = ms;
      const at = new Date(ms).toISOString();
      await database.query(
        `create or replace function wflo.now() returns timestamptz language sql volatile as $$ select '${at}'::timestamptz $$`,
      );
    };
    const walk = fc.asyncProperty(
      fc.constantFrom(...STARTS),
      fc.array(moveOf, { minLength: 60, maxLength: 80, size: "max" }),
      async (start, moves) => {
        await opened.deleteTenant(TENANT);
        await setNow(Date.parse(start));
        const model = memoryDatabase({ now: () => nowMs }).ledger;
        const calls = new Calls();
        for (const each of [ledger, model]) await each.setDefault(TENANT, EVERYBODY);
        for (const [at, move] of moves.entries()) {
          const where = `move ${at}, ${move.does}`;
          if (move.does === "wait") await setNow(nowMs + move.hours * HOUR_MS);
          const play = playOf(move, calls);
          const [shown, expected] = [await shownBy(ledger, play), await shownBy(model, play)];
          expect({ where, ...shown }).toEqual({ where, ...expected });
          expect({ where, wrong: await ledger.reconcile(TENANT) }).toEqual({ where, wrong: [] });
        }
      },
    );
    await fc.assert(walk, { numRuns: 12, endOnFailure: true });
  },
);
