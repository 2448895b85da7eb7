import { memoryDatabase, type LedgerStore } from "@wflo/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const ZONES = [
  "UTC",
  "Europe/Paris",
  "Europe/London",
  "America/New_York",
  "America/Havana",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
] as const;
const DAY_MS = 86_400_000;

beforeAll(() => database.open().migrate());

/** Days on whose eve or morning clocks are set somewhere: those around the Sundays, Thursdays and Fridays of spring and autumn. */
const clockChange = fc
  .record({
    year: fc.integer({ min: 2000, max: 2039 }),
    month: fc.constantFrom(1, 2, 3, 8, 9, 10),
    day: fc.integer({ min: 1, max: 31 }),
    atMs: fc.integer({ min: 0, max: DAY_MS }),
  })
  .map(({ year, month, day, atMs }) => {
    const date = new Date(Date.UTC(year, month, day));
    return date.getTime() + ((7 - date.getUTCDay()) % 7) * DAY_MS - DAY_MS / 2 + atMs;
  });
const moment = fc.oneof(
  clockChange,
  fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) - 1 }),
  fc.constant(Date.UTC(2011, 11, 30, 10)),
);
const places = fc.array(fc.record({ zone: fc.constantFrom(...ZONES), atMs: moment }), {
  minLength: 400,
  maxLength: 400,
});

test("has the days and months of the memory database in every zone, 2000 to 2039", async () => {
  let nowMs = 0;
  const model = memoryDatabase({ now: () => nowMs }).ledger;
  for (const zone of ZONES) await budgetIn(model, zone);
  const boundsOf = async (zone: string, atMs: number) => {
    nowMs = atMs;
    const [budget] = await model.getBudgets("t", [zone]);
    return budget?.windows.map(({ window, startsAt, resetsAt }) => [window, startsAt, resetsAt]);
  };
  await fc.assert(
    fc.asyncProperty(places, async (asked) => {
      const rows = await database.query(
        `select jsonb_agg(jsonb_build_array(k.kind, wflo.window_start(k.kind, a.at, a.zone),
           wflo.window_end(k.kind, wflo.window_start(k.kind, a.at, a.zone), a.zone)) order by k.kind) as bounds
         from unnest($1::text[], $2::timestamptz[]) with ordinality a (zone, at, n), unnest('{day,month}'::text[]) k (kind)
         group by a.n order by a.n`,
        [asked.map(({ zone }) => zone), asked.map(({ atMs }) => new Date(atMs).toISOString())],
      );
      for (const [at, { zone, atMs }] of asked.entries()) {
        const row = rows[at]?.["bounds"] ?? [];
        const bounds = (row as [string, string, string][]).map(([kind, start, end]) => [
          kind,
          new Date(start),
          new Date(end),
        ]);
        expect(bounds, `${zone} ${new Date(atMs).toISOString()}`).toEqual(await boundsOf(zone, atMs));
        for (const [, start, end] of bounds)
          expect((start as Date).getTime() <= atMs && atMs < (end as Date).getTime()).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);

function budgetIn(ledger: LedgerStore, zone: string): Promise<unknown> {
  const caps = { day: 1n, month: 1n };
  return ledger.setBudget("t", { id: zone, caps, onExpiry: "charge", warnAt: [], timeZone: zone });
}

test("counts the days of a zone whatever the session's is", async () => {
  await database.query("set TimeZone = 'America/New_York'");
  const [row] = await database.query(
    `select wflo.window_start('day', '2026-10-25T12:00:00Z', 'Europe/Paris') = '2026-10-24T22:00:00Z' as starts_well,
       wflo.window_end('day', '2026-10-24T22:00:00Z', 'Europe/Paris') = '2026-10-25T23:00:00Z' as ends_well,
       wflo.window_start('day', '2026-03-08T12:00:00Z', 'America/New_York') = '2026-03-08T05:00:00Z' as starts_at_home`,
  );
  await database.query("set TimeZone = 'UTC'");
  expect(row).toEqual({ starts_well: true, ends_well: true, starts_at_home: true });
});
