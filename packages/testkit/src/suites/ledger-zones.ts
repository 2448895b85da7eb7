import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

interface ZoneRow {
  readonly title: string;
  readonly zone: string;
  readonly kind: "day" | "month";
  readonly at: readonly string[];
  readonly startsAt: string;
  readonly resetsAt: string;
}

/** One row a title. */
function row(title: string, zone: string, bounds: Pick<ZoneRow, "at" | "startsAt" | "resetsAt">): ZoneRow {
  return { title, zone, kind: "day", ...bounds };
}

const ZONES: readonly ZoneRow[] = [
  row("gives the day on which clocks go forward 23 hours", "Europe/Paris", {
    at: ["2026-03-28T23:00Z", "2026-03-29T12:00Z", "2026-03-29T21:59Z"],
    startsAt: "2026-03-28T23:00Z",
    resetsAt: "2026-03-29T22:00Z",
  }),
  row("gives the day on which clocks go back 25 hours", "Europe/Paris", {
    at: ["2026-10-24T22:00Z", "2026-10-25T00:30Z", "2026-10-25T22:59Z"],
    startsAt: "2026-10-24T22:00Z",
    resetsAt: "2026-10-25T23:00Z",
  }),
  {
    ...row("begins and ends a month at midnight of its zone", "Europe/Paris", {
      at: ["2026-02-28T23:00Z", "2026-03-31T21:59Z"],
      startsAt: "2026-02-28T23:00Z",
      resetsAt: "2026-03-31T22:00Z",
    }),
    kind: "month",
  },
  row("begins a day whose midnight is skipped when it is skipped", "Africa/Cairo", {
    at: ["2026-04-23T22:00Z", "2026-04-24T20:59Z"],
    startsAt: "2026-04-23T22:00Z",
    resetsAt: "2026-04-24T21:00Z",
  }),
  row("ends the day before a skipped midnight when it is skipped", "Asia/Beirut", {
    at: ["2026-03-28T21:59Z"],
    startsAt: "2026-03-27T22:00Z",
    resetsAt: "2026-03-28T22:00Z",
  }),
  row("gives a day that clocks put back at its end 25 hours", "Asia/Beirut", {
    at: ["2026-10-24T20:30Z", "2026-10-24T21:30Z"],
    startsAt: "2026-10-23T21:00Z",
    resetsAt: "2026-10-24T22:00Z",
  }),
  {
    ...row("begins a month whose first midnight is skipped when it is skipped", "America/Asuncion", {
      at: ["2023-10-01T04:00Z", "2023-10-31T12:00Z"],
      startsAt: "2023-10-01T04:00Z",
      resetsAt: "2023-11-01T03:00Z",
    }),
    kind: "month",
  },
  row("begins a day whose midnight comes twice with the first", "America/Havana", {
    at: ["2026-11-01T04:00Z", "2026-11-01T04:30Z", "2026-11-01T05:30Z"],
    startsAt: "2026-11-01T04:00Z",
    resetsAt: "2026-11-02T05:00Z",
  }),
  row("keeps a day begun though clocks are put back over its midnight", "America/St_Johns", {
    at: ["2010-11-07T02:30Z", "2010-11-07T02:45Z", "2010-11-07T12:00Z"],
    startsAt: "2010-11-07T02:30Z",
    resetsAt: "2010-11-08T03:30Z",
  }),
  row("goes from one day to the next where a whole day is skipped", "Pacific/Apia", {
    at: ["2011-12-30T09:59Z"],
    startsAt: "2011-12-29T10:00Z",
    resetsAt: "2011-12-30T10:00Z",
  }),
  row("counts half hours of zones", "Asia/Kolkata", {
    at: ["2026-03-09T18:30Z", "2026-03-10T18:29Z"],
    startsAt: "2026-03-09T18:30Z",
    resetsAt: "2026-03-10T18:30Z",
  }),
  row("counts quarters of an hour of zones", "Asia/Kathmandu", {
    at: ["2026-03-09T18:15Z", "2026-03-10T18:14Z"],
    startsAt: "2026-03-09T18:15Z",
    resetsAt: "2026-03-10T18:15Z",
  }),
  row("counts clocks that are put back by half an hour", "Australia/Lord_Howe", {
    at: ["2026-04-05T00:00Z"],
    startsAt: "2026-04-04T13:00Z",
    resetsAt: "2026-04-05T13:30Z",
  }),
];

/** Days and months of other time zones than UTC. */
export const ledgerZonesCases: readonly DatabaseCase[] = [
  ...ZONES.map(({ title, zone, kind, at, startsAt, resetsAt }) =>
    databaseCase(title, async (desk) => {
      await desk.budget("user", { [kind]: 100n }, { timeZone: zone });
      for (const now of at) {
        await desk.setNow(now);
        const window = await desk.window("user", kind);
        expect([window.startsAt, window.resetsAt, window.timeZone], now).toEqual([
          new Date(startsAt),
          new Date(resetsAt),
          zone,
        ]);
      }
    }),
  ),
  databaseCase("gives new money at midnight of the budget's zone, not of another", async (desk) => {
    await desk.budget("user", { day: 100n }, { timeZone: "Asia/Tokyo" });
    await desk.spend(100n, ["user"]);
    await desk.setNow("2026-03-10T14:50Z");
    expect(await desk.reserve(100n, ["user"])).toMatchObject({
      window: { timeZone: "Asia/Tokyo", resetsAt: new Date("2026-03-10T15:00Z") },
    });
    await desk.setNow("2026-03-10T15:05Z");
    const verdict = await desk.reserve(100n, ["user"]);
    expect(verdict).toMatchObject({ windows: [{ timeZone: "Asia/Tokyo", reservedNanoUsd: 100n }] });
  }),
  databaseCase("settles a call in its window after midnight of its zone", async (desk) => {
    await desk.budget("user", { day: 100n, month: 100n }, { timeZone: "America/New_York" });
    await desk.setNow("2026-04-01T03:50Z");
    const callId = await desk.hold(50n, ["user"]);
    await desk.setNow("2026-04-01T04:05Z");
    await desk.settle(callId, 40n);
    for (const kind of ["day", "month"] as const)
      expect(await desk.window("user", kind)).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
    await desk.setNow("2026-04-01T03:55Z");
    for (const kind of ["day", "month"] as const)
      expect(await desk.window("user", kind)).toMatchObject({ spentNanoUsd: 40n, reservedNanoUsd: 0n });
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("holds a call of budgets in several zones in the window of each", async (desk) => {
    await desk.budget("tokyo", { day: 100n }, { timeZone: "Asia/Tokyo" });
    await desk.budget("utc", { day: 100n });
    await desk.setNow("2026-03-10T15:05Z");
    const verdict = await desk.reserve(30n, ["tokyo", "utc"]);
    const starts = verdict.code === "granted" ? verdict.windows.map(({ startsAt }) => startsAt) : [];
    expect(starts).toEqual([new Date("2026-03-10T15:00Z"), new Date("2026-03-10T00:00Z")]);
  }),
  databaseCase(
    "begins at zero in another zone, and settles open calls where they were held",
    async (desk) => {
      await desk.budget("user", { day: 100n, total: 1_000n });
      await desk.spend(30n, ["user"]);
      const callId = await desk.hold(20n, ["user"]);
      await desk.budget("user", { day: 100n, total: 1_000n }, { timeZone: "Europe/Paris" });
      expect(await desk.window("user", "day")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
      expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 30n, reservedNanoUsd: 20n });
      await desk.settle(callId, 10n);
      expect(await desk.window("user", "day")).toMatchObject({ spentNanoUsd: 0n });
      await desk.budget("user", { day: 100n, total: 1_000n });
      expect(await desk.window("user", "day")).toMatchObject({ spentNanoUsd: 40n, timeZone: "UTC" });
      expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
    },
  ),
  databaseCase("goes on with a day of another zone that began at the same moment", async (desk) => {
    await desk.budget("user", { day: 100n }, { timeZone: "Europe/Paris" });
    await desk.spend(30n, ["user"]);
    await desk.budget("user", { day: 100n }, { timeZone: "Africa/Tunis" });
    expect(await desk.window("user", "day")).toMatchObject({
      spentNanoUsd: 30n,
      timeZone: "Africa/Tunis",
      resetsAt: new Date("2026-03-10T23:00Z"),
    });
  }),
  databaseCase("follows UTC where no zone is named", async (desk) => {
    expect(await desk.budget("user", { day: 100n })).toMatchObject({ timeZone: "UTC" });
    expect((await desk.window("user", "day")).timeZone).toBe("UTC");
  }),
  databaseCase("takes no zone that it does not know, and leaves the budget as it is", async (desk) => {
    await desk.budget("user", { day: 100n });
    const wrong = desk.budget("user", { day: 200n }, { timeZone: "Europe/Atlantis" });
    await expect(wrong).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
    expect(await desk.state("user")).toMatchObject({ caps: { day: 100n }, timeZone: "UTC" });
  }),
];
