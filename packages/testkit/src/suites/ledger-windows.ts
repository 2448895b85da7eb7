import { expect } from "vitest";
import type { WindowKind } from "@wflo/core";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

interface BoundsRow {
  readonly kind: "day" | "month";
  readonly at: string;
  readonly startsAt: string;
  readonly resetsAt: string;
}

const DAYS: readonly BoundsRow[] = [
  { kind: "day", at: "2026-03-10T12:00Z", startsAt: "2026-03-10T00:00Z", resetsAt: "2026-03-11T00:00Z" },
  { kind: "day", at: "2026-03-29T01:30Z", startsAt: "2026-03-29T00:00Z", resetsAt: "2026-03-30T00:00Z" },
  { kind: "day", at: "2026-12-31T23:50Z", startsAt: "2026-12-31T00:00Z", resetsAt: "2027-01-01T00:00Z" },
];

const MONTHS: readonly BoundsRow[] = [
  { kind: "month", at: "2026-04-30T23:50Z", startsAt: "2026-04-01T00:00Z", resetsAt: "2026-05-01T00:00Z" },
  { kind: "month", at: "2026-12-31T23:50Z", startsAt: "2026-12-01T00:00Z", resetsAt: "2027-01-01T00:00Z" },
  { kind: "month", at: "2028-02-29T12:00Z", startsAt: "2028-02-01T00:00Z", resetsAt: "2028-03-01T00:00Z" },
];

function boundsCase(title: string, rows: readonly BoundsRow[]): DatabaseCase {
  return databaseCase(title, async (desk) => {
    await desk.budget("user", { day: 100n, month: 100n });
    for (const { kind, at, startsAt, resetsAt } of rows) {
      await desk.setNow(at);
      const window = await desk.window("user", kind);
      expect([window.startsAt, window.resetsAt]).toEqual([new Date(startsAt), new Date(resetsAt)]);
    }
  });
}

interface ResetRow {
  readonly kind: WindowKind;
  readonly next: string;
  readonly isFresh: boolean;
}

const RESETS: readonly ResetRow[] = [
  { kind: "day", next: "2026-03-10T23:50Z", isFresh: false },
  { kind: "day", next: "2026-03-11T00:05Z", isFresh: true },
  { kind: "month", next: "2026-03-31T23:50Z", isFresh: false },
  { kind: "month", next: "2026-04-01T00:05Z", isFresh: true },
  { kind: "total", next: "2036-03-10T12:00Z", isFresh: false },
];

/** How caps and windows behave over time and change. */
export const ledgerWindowsCases: readonly DatabaseCase[] = [
  boundsCase("counts days in UTC", DAYS),
  boundsCase("counts calendar months in UTC, of whatever length", MONTHS),
  ...RESETS.map(({ kind, next, isFresh }) =>
    databaseCase(`${isFresh ? "gives" : "gives no"} new money to a ${kind} cap at ${next}`, async (desk) => {
      await desk.budget("user", { [kind]: 100n });
      await desk.spend(100n, ["user"]);
      await desk.setNow(next);
      expect((await desk.reserve(100n, ["user"])).code === "granted").toBe(isFresh);
    }),
  ),
  databaseCase("shows total windows without bounds", async (desk) => {
    await desk.budget("user", { total: 100n });
    const { startsAt, resetsAt } = await desk.window("user");
    expect([startsAt, resetsAt]).toEqual([undefined, undefined]);
  }),
  databaseCase("settles a call in the windows where it was held, also after midnight", async (desk) => {
    await desk.budget("user", { day: 100n, total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.setNow("2026-03-11T00:05:00Z");
    await desk.settle(callId, 40n);
    expect(await desk.window("user", "day")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
    await desk.setNow("2026-03-10T23:50:00Z");
    expect(await desk.window("user", "day")).toMatchObject({ spentNanoUsd: 40n, reservedNanoUsd: 0n });
  }),
  databaseCase("refuses by the cap of every kind", async (desk) => {
    await desk.budget("day", { total: 100n, day: 10n, month: 100n });
    await desk.budget("month", { total: 100n, day: 100n, month: 10n });
    await desk.budget("total", { total: 10n, day: 100n, month: 100n });
    for (const kind of ["day", "month", "total"] as const) {
      expect(await desk.reserve(50n, [kind])).toMatchObject({ window: { budgetId: kind, window: kind } });
    }
  }),
  databaseCase("shows the window of an unused cap as empty", async (desk) => {
    const state = await desk.budget("user", { total: 100n, day: 50n });
    expect(state.windows).toHaveLength(2);
    const amounts = { spentNanoUsd: 0n, reservedNanoUsd: 0n, overrunNanoUsd: 0n };
    expect(await desk.window("user", "day")).toMatchObject({ budgetId: "user", capNanoUsd: 50n, ...amounts });
    expect(await desk.window("user")).toMatchObject({ budgetId: "user", capNanoUsd: 100n, ...amounts });
  }),
  databaseCase("shows a budget as it was defined", async (desk) => {
    const definition = { id: "user", caps: { day: 50n }, onExpiry: "release", warnAt: [0.5, 0.8] } as const;
    const state = await desk.ledger.setBudget(desk.tenant, definition);
    expect(state).toMatchObject({ ...definition, paused: false });
    expect(await desk.state("user")).toEqual(state);
  }),
  databaseCase("takes a new definition of a budget whole", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    const definition = { id: "user", caps: { month: 50n }, onExpiry: "release", warnAt: [0.9] } as const;
    await desk.ledger.setBudget(desk.tenant, definition);
    const state = await desk.state("user");
    expect(state).toMatchObject({ onExpiry: "release", warnAt: [0.9] });
    expect(state.caps).toEqual({ month: 50n });
    expect(state.windows.map(({ window }) => window)).toEqual(["month"]);
  }),
  databaseCase("brings a raised cap to the open window at once", async (desk) => {
    await desk.budget("user", { total: 100n, day: 100n });
    await desk.hold(100n, ["user"]);
    await desk.budget("user", { total: 150n, day: 150n });
    expect(await desk.window("user", "day")).toMatchObject({ capNanoUsd: 150n, reservedNanoUsd: 100n });
    await desk.hold(50n, ["user"]);
  }),
  databaseCase("brings a lowered cap to the open window and touches no hold", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.budget("user", { total: 20n });
    expect((await desk.reserve(5n, ["user"])).code).not.toBe("granted");
    expect(await desk.window("user")).toMatchObject({ capNanoUsd: 20n, reservedNanoUsd: 50n });
    await desk.settle(callId, 50n);
    expect(await desk.window("user")).toMatchObject({ capNanoUsd: 20n, spentNanoUsd: 50n });
  }),
  databaseCase("refuses nothing by a cap that was lifted", async (desk) => {
    await desk.budget("user", { total: 10n, day: 1_000n });
    await desk.spend(10n, ["user"]);
    await desk.budget("user", { day: 1_000n });
    await desk.hold(50n, ["user"]);
  }),
  databaseCase("keeps a budget paused when it is defined anew", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.ledger.setPaused(desk.tenant, "user", true);
    await desk.budget("user", { total: 100n });
    expect((await desk.state("user")).paused).toBe(true);
  }),
  databaseCase("raises a total cap to an absolute amount", async (desk) => {
    await desk.budget("user", { total: 100n });
    for (const time of ["first", "second"]) {
      const state = await desk.ledger.raiseCap(desk.tenant, "user", "total", 150n);
      expect(state?.windows, time).toMatchObject([{ capNanoUsd: 150n }]);
    }
    expect((await desk.state("user")).caps).toEqual({ total: 150n });
    await desk.hold(150n, ["user"]);
  }),
  databaseCase("never lowers a cap that is to be raised", async (desk) => {
    await desk.budget("user", { total: 100n });
    const state = await desk.ledger.raiseCap(desk.tenant, "user", "total", 50n);
    expect(state?.windows).toMatchObject([{ capNanoUsd: 100n }]);
    expect((await desk.window("user")).capNanoUsd).toBe(100n);
  }),
  databaseCase("raises the cap of a day for the open window only", async (desk) => {
    await desk.budget("user", { day: 100n });
    await desk.ledger.raiseCap(desk.tenant, "user", "day", 150n);
    expect((await desk.window("user", "day")).capNanoUsd).toBe(150n);
    await desk.setNow("2026-03-11T12:00:00Z");
    expect((await desk.window("user", "day")).capNanoUsd).toBe(100n);
  }),
  databaseCase("grants up to a raised cap of a month, and the ordinary one in the next", async (desk) => {
    await desk.budget("user", { month: 100n, day: 1_000n }, { timeZone: "Asia/Tokyo" });
    await desk.spend(100n, ["user"]);
    expect((await desk.reserve(50n, ["user"])).code).not.toBe("granted");
    await desk.ledger.raiseCap(desk.tenant, "user", "month", 150n);
    await desk.spend(50n, ["user"]);
    await desk.setNow("2026-03-31T14:50Z");
    expect((await desk.reserve(1n, ["user"])).code).not.toBe("granted");
    await desk.setNow("2026-03-31T15:05Z");
    expect((await desk.reserve(101n, ["user"])).code).not.toBe("granted");
    await desk.hold(100n, ["user"]);
  }),
  databaseCase("ends a raise of a day when the budget is set", async (desk) => {
    await desk.budget("user", { day: 100n });
    await desk.ledger.raiseCap(desk.tenant, "user", "day", 150n);
    await desk.budget("user", { day: 100n });
    expect((await desk.window("user", "day")).capNanoUsd).toBe(100n);
  }),
  databaseCase("raises no cap that is not there", async (desk) => {
    await desk.budget("user", { total: 100n });
    expect(await desk.ledger.raiseCap(desk.tenant, "user", "day", 150n)).toBeUndefined();
    expect(await desk.ledger.raiseCap(desk.tenant, "nobody", "total", 150n)).toBeUndefined();
    expect((await desk.state("user")).caps).toEqual({ total: 100n });
  }),
];
