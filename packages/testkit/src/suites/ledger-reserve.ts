import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const MAX_NANO_USD = 9_223_372_036_854_775_807n;

interface GrantRow {
  readonly title: string;
  readonly cap: bigint;
  readonly bound: bigint;
  readonly need: bigint;
  readonly target: bigint;
  readonly share: number;
  readonly granted: bigint;
}

const GRANTS: readonly GrantRow[] = [
  {
    title: "grants the whole bound while it is at most an eighth of what is free",
    cap: 800n,
    bound: 100n,
    need: 10n,
    target: 50n,
    share: 1,
    granted: 100n,
  },
  {
    title: "grants the target when the bound is more than an eighth of what is free",
    cap: 800n,
    bound: 101n,
    need: 10n,
    target: 50n,
    share: 1,
    granted: 50n,
  },
  {
    title: "grants a call of a crowd its share of what is free",
    cap: 83n,
    bound: 100n,
    need: 10n,
    target: 50n,
    share: 4,
    granted: 20n,
  },
  {
    title: "grants no less than the need, however large the crowd",
    cap: 80n,
    bound: 100n,
    need: 30n,
    target: 50n,
    share: 4,
    granted: 30n,
  },
  {
    title: "shares what is free among more than eight calls before a bound is plentiful",
    cap: 800n,
    bound: 100n,
    need: 10n,
    target: 50n,
    share: 10,
    granted: 50n,
  },
];

const grantCases = GRANTS.map((row) =>
  databaseCase(row.title, async (desk) => {
    await desk.budget("user", { total: row.cap });
    const verdict = await desk.reserve(row.bound, ["user"], {
      needNanoUsd: row.need,
      targetNanoUsd: row.target,
      share: row.share,
    });
    expect(verdict).toMatchObject({ code: "granted", amountNanoUsd: row.granted });
  }),
);

/** What `reserve` grants and how it refuses. */
export const ledgerReserveCases: readonly DatabaseCase[] = [
  ...grantCases,
  databaseCase("grants the smallest of what the budgets of a call give", async (desk) => {
    await desk.budget("rich", { total: 1_000n });
    await desk.budget("poor", { total: 40n });
    const verdict = await desk.reserve(100n, ["rich", "poor"], { needNanoUsd: 10n, targetNanoUsd: 60n });
    expect(verdict).toMatchObject({ code: "granted", amountNanoUsd: 40n });
  }),
  databaseCase("holds the granted amount on every budget and cap of a call", async (desk) => {
    await desk.budget("run", { total: 100n });
    await desk.budget("user", { day: 100n, month: 100n });
    const verdict = await desk.reserve(30n, ["user", "run"]);
    const windows = verdict.code === "granted" ? verdict.windows : [];
    expect(
      windows.map((window) => `${window.budgetId} ${window.window} ${window.reservedNanoUsd}`).toSorted(),
    ).toEqual(["run total 30", "user day 30", "user month 30"]);
    for (const [id, kind] of [
      ["run", "total"],
      ["user", "day"],
      ["user", "month"],
    ] as const) {
      expect(await desk.window(id, kind)).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 30n });
    }
  }),
  databaseCase("refuses a call a nano-dollar over the cap", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.hold(60n, ["user"]);
    expect((await desk.reserve(41n, ["user"])).code).not.toBe("granted");
    await desk.hold(40n, ["user"]);
  }),
  databaseCase("grants parallel callers exactly as many calls as fit", async (desk) => {
    await desk.budget("user", { total: 1_050n });
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => desk.reserve(51n, ["user"])));
    expect(verdicts.filter(({ code }) => code === "granted")).toHaveLength(20);
  }),
  databaseCase("refuses when any one budget of the call has no money", async (desk) => {
    await desk.budget("child", { total: 100n });
    await desk.budget("parent", { total: 10n });
    expect((await desk.reserve(20n, ["child", "parent"])).code).not.toBe("granted");
  }),
  databaseCase("holds nothing anywhere when one budget refuses", async (desk) => {
    await desk.budget("child", { total: 100n });
    await desk.budget("parent", { total: 10n });
    await desk.hold(5n, ["parent"]);
    await desk.reserve(8n, ["child", "parent"]);
    expect((await desk.window("child")).reservedNanoUsd).toBe(0n);
    expect((await desk.window("parent")).reservedNanoUsd).toBe(5n);
  }),
  databaseCase("says exhausted when no waiting will help", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.spend(60n, ["user"]);
    expect(await desk.reserve(50n, ["user"])).toMatchObject({ code: "exhausted" });
  }),
  databaseCase("grants a call that can cost nothing on a budget that is overspent", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.settle(await desk.hold(90n, ["user"]), 150n);
    expect(await desk.reserve(0n, ["user"])).toMatchObject({ code: "granted", amountNanoUsd: 0n });
    expect(await desk.reserve(1n, ["user"])).not.toMatchObject({ code: "granted" });
  }),
  databaseCase("says held when only the holds of other calls stand in the way", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.hold(60n, ["user"]);
    expect(await desk.reserve(50n, ["user"])).toMatchObject({ code: "held" });
  }),
  databaseCase(
    "names the exhausted window that resets last, of several the one with the least left",
    async (desk) => {
      await desk.budget("day", { day: 5n });
      await desk.budget("month", { month: 10n });
      await desk.budget("total", { total: 15n, day: 1n });
      await desk.budget("poorer", { total: 12n, month: 100n });
      expect(await desk.reserve(20n, ["day", "month"])).toMatchObject({
        window: { budgetId: "month", window: "month" },
      });
      expect(await desk.reserve(20n, ["day", "total", "poorer", "month"])).toMatchObject({
        window: { budgetId: "poorer", window: "total", capNanoUsd: 12n },
      });
    },
  ),
  databaseCase("names the window whose holds stand in the way", async (desk) => {
    await desk.budget("rich", { total: 1_000n });
    await desk.budget("poor", { total: 100n });
    await desk.hold(90n, ["poor"]);
    const verdict = await desk.reserve(50n, ["rich", "poor"]);
    expect(verdict).toMatchObject({ window: { budgetId: "poor", reservedNanoUsd: 90n } });
  }),
  databaseCase("refuses a call on a paused budget until it is resumed", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.budget("org", { total: 100n });
    expect(await desk.ledger.setPaused(desk.tenant, "org", true)).toBe(true);
    expect(await desk.reserve(10n, ["user", "org"])).toEqual({ code: "paused", budgetId: "org" });
    expect(await desk.ledger.setPaused(desk.tenant, "org", false)).toBe(true);
    await desk.hold(10n, ["user", "org"]);
  }),
  databaseCase("refuses a call on a budget that does not exist", async (desk) => {
    await desk.budget("user", { total: 100n });
    expect(await desk.reserve(10n, ["user", "nobody"])).toEqual({ code: "missing", budgetId: "nobody" });
  }),
  databaseCase("grants the bound of a call without budgets", async (desk) => {
    const verdict = await desk.reserve(70n, [], { needNanoUsd: 10n, targetNanoUsd: 20n });
    expect(verdict).toEqual({ code: "granted", amountNanoUsd: 70n, windows: [] });
  }),
  databaseCase("grants the bound on a budget without caps", async (desk) => {
    await desk.budget("user", {});
    expect(await desk.reserve(70n, ["user"], { needNanoUsd: 10n, targetNanoUsd: 20n })).toMatchObject({
      code: "granted",
      amountNanoUsd: 70n,
    });
  }),
  databaseCase("looks for missing budgets before pauses, and for pauses before money", async (desk) => {
    await desk.budget("paused", { total: 1n });
    await desk.ledger.setPaused(desk.tenant, "paused", true);
    await desk.budget("empty", { total: 1n });
    const missing = await desk.reserve(10n, ["empty", "paused", "nobody"]);
    expect(missing.code).toBe("missing");
    expect((await desk.reserve(10n, ["empty", "paused"])).code).toBe("paused");
  }),
  databaseCase("counts amounts up to the largest exactly", async (desk) => {
    await desk.budget("user", { total: MAX_NANO_USD });
    const callId = await desk.hold(MAX_NANO_USD - 1n, ["user"]);
    expect((await desk.reserve(3n, ["user"])).code).toBe("held");
    await desk.settle(callId, MAX_NANO_USD - 1n);
    expect((await desk.window("user")).spentNanoUsd).toBe(MAX_NANO_USD - 1n);
    await desk.spend(1n, ["user"]);
    const huge = await desk.reserve(MAX_NANO_USD, ["user"]);
    expect(huge).toMatchObject({ window: { spentNanoUsd: MAX_NANO_USD, reservedNanoUsd: 0n } });
  }),
];
