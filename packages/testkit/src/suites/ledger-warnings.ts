import { expect } from "vitest";
import type { BudgetWarning, WindowKind } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** What was told, in short. */
function told(warnings: readonly BudgetWarning[] | undefined): readonly (readonly [string, number])[] {
  return (warnings ?? []).map(({ share, window }) => [window.budgetId, share]);
}

/** Spends on a budget and returns the shares that this is told of. */
async function sharesAfter(
  desk: CaseDesk,
  costNanoUsd: bigint,
  budgetId = "user",
): Promise<readonly number[]> {
  const verdict = await desk.settle(await desk.hold(costNanoUsd, [budgetId]), costNanoUsd);
  return (verdict.warnings ?? []).map(({ share }) => share);
}

/** A hold on `user` and `org` of a process that is dead by now. */
async function deadHold(desk: CaseDesk, amountNanoUsd: bigint): Promise<void> {
  await desk.budget("org", { total: 1_000n });
  await desk.hold(amountNanoUsd, ["user", "org"]);
  await desk.setElapsed(120);
}

const crossings: readonly DatabaseCase[] = [
  databaseCase("tells of all shares that a settle crosses, ascending, and of the window", async (desk) => {
    await desk.budget("user", { day: 100n }, { warnAt: [0.8, 0.2, 0.5, 0.5] });
    const verdict = await desk.settle(await desk.hold(60n, ["user"]), 55n);
    expect(told(verdict.warnings)).toEqual([
      ["user", 0.2],
      ["user", 0.5],
    ]);
    const window = await desk.window("user", "day");
    expect(window).toMatchObject({ spentNanoUsd: 55n, resetsAt: new Date("2026-03-11T00:00:00Z") });
    expect(verdict.warnings?.map((warning) => warning.window)).toEqual([window, window]);
  }),
  databaseCase("tells of a share once, however much more is spent", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5, 0.8] });
    expect(await sharesAfter(desk, 55n)).toEqual([0.5]);
    expect(await sharesAfter(desk, 10n)).toEqual([]);
    expect(await sharesAfter(desk, 20n)).toEqual([0.8]);
    expect(await sharesAfter(desk, 10n)).toEqual([]);
  }),
  databaseCase("tells of a share when exactly so much is spent, and not before", async (desk) => {
    await desk.budget("user", { total: 3n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 1n)).toEqual([]);
    expect(await sharesAfter(desk, 1n)).toEqual([0.5]);
  }),
  databaseCase("tells of every window of a call, by budget id and kind", async (desk) => {
    await desk.budget("user", { total: 100n, day: 100n }, { warnAt: [0.5] });
    await desk.budget("org", { total: 100n }, { warnAt: [0.4] });
    await desk.budget("team", { total: 1_000n }, { warnAt: [0.5] });
    const verdict = await desk.settle(await desk.hold(60n, ["user", "team", "org"]), 60n);
    const windows: readonly (readonly [string, WindowKind])[] = (verdict.warnings ?? []).map(({ window }) => [
      window.budgetId,
      window.window,
    ]);
    expect(windows).toEqual([
      ["org", "total"],
      ["user", "day"],
      ["user", "total"],
    ]);
  }),
  databaseCase("tells of what a batch crosses in one of its verdicts", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.2, 0.7] });
    const settlements = [
      desk.settlement(await desk.hold(40n, ["user"]), 40n),
      desk.settlement(await desk.hold(40n, ["user"]), 35n),
    ];
    const verdicts = await desk.ledger.settle(desk.tenant, settlements);
    expect(verdicts.flatMap(({ warnings }) => told(warnings))).toEqual([
      ["user", 0.2],
      ["user", 0.7],
    ]);
  }),
];

const charges: readonly DatabaseCase[] = [
  databaseCase("tells of what a correction charges", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    const callId = await desk.spend(10n, ["user"]);
    expect(told((await desk.correct(callId, 60n))?.warnings)).toEqual([["user", 0.5]]);
  }),
  databaseCase("tells of what a late bill charges", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    const callId = await desk.hold(20n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    const verdict = await desk.settle(callId, 60n);
    expect(verdict.code).toBe("late");
    expect(told(verdict.warnings)).toEqual([["user", 0.5]]);
  }),
  databaseCase("tells of what the settles of a step charge", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    const runId = await desk.run();
    const settlements = [desk.settlement(await desk.hold(60n, ["user"]), 60n)];
    const { settled } = await desk.commitStep({ runId, settlements });
    expect(settled.map(({ warnings }) => told(warnings))).toEqual([[["user", 0.5]]]);
  }),
  databaseCase("tells who takes over a run of what its open calls are charged", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    const runId = await desk.run();
    const label = { provider: "openai", model: "gpt-test", runId };
    await desk.hold(60n, ["user"], { epoch: 1, label });
    const verdict = await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(told(verdict.code === "claimed" ? verdict.warnings : undefined)).toEqual([["user", 0.5]]);
  }),
  databaseCase("tells a sweeper of what it charges to its tenant", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    await deadHold(desk, 60n);
    const heard: BudgetWarning[] = [];
    const watch = { tenant: desk.tenant, tell: (all: readonly BudgetWarning[]) => void heard.push(...all) };
    expect(await desk.ledger.expire(10, watch)).toBe(1);
    expect(told(heard)).toEqual([["user", 0.5]]);
  }),
  databaseCase("leaves what another tenant's sweeper charges to the next settle", async (desk) => {
    await desk.budget("user", { total: 100n }, { warnAt: [0.5] });
    await deadHold(desk, 60n);
    const heard: BudgetWarning[] = [];
    const watch = { tenant: "globex", tell: (all: readonly BudgetWarning[]) => void heard.push(...all) };
    expect(await desk.ledger.expire(10, watch)).toBe(1);
    expect(heard).toEqual([]);
    expect(await sharesAfter(desk, 5n)).toEqual([0.5]);
  }),
];

const changes: readonly DatabaseCase[] = [
  databaseCase("tells again under a higher cap of shares that were no longer spent", async (desk) => {
    const warnAt = [0.5, 0.8];
    await desk.budget("user", { day: 100n }, { warnAt });
    expect(await sharesAfter(desk, 85n)).toEqual([0.5, 0.8]);
    await desk.budget("user", { day: 130n }, { warnAt });
    expect(await sharesAfter(desk, 25n)).toEqual([0.8]);
    await desk.budget("run", { total: 100n }, { warnAt });
    expect(await sharesAfter(desk, 85n, "run")).toEqual([0.5, 0.8]);
    await desk.ledger.raiseCap(desk.tenant, "run", "total", 1_000n);
    expect(await sharesAfter(desk, 440n, "run")).toEqual([0.5]);
    expect(await sharesAfter(desk, 300n, "run")).toEqual([0.8]);
  }),
  databaseCase("tells nothing again because a budget is set to what it is", async (desk) => {
    await desk.budget("user", { day: 100n }, { warnAt: [0.5] });
    const callId = await desk.hold(60n, ["user"]);
    expect(told((await desk.settle(callId, 60n)).warnings)).toEqual([["user", 0.5]]);
    await desk.correct(callId, 10n);
    await desk.budget("user", { day: 100n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 60n)).toEqual([]);
  }),
  databaseCase("tells of a lowered cap at the next settle", async (desk) => {
    await desk.budget("user", { day: 100n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 30n)).toEqual([]);
    await desk.budget("user", { day: 50n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 5n)).toEqual([0.5]);
  }),
  databaseCase("takes new shares: what is below a told one counts as told", async (desk) => {
    await desk.budget("user", { day: 100n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 60n)).toEqual([0.5]);
    await desk.budget("user", { day: 100n }, { warnAt: [0.3, 0.8] });
    expect(await sharesAfter(desk, 10n)).toEqual([]);
    expect(await sharesAfter(desk, 15n)).toEqual([0.8]);
  }),
  databaseCase("tells of the same share anew every day", async (desk) => {
    await desk.budget("user", { day: 100n }, { warnAt: [0.5] });
    expect(await sharesAfter(desk, 60n)).toEqual([0.5]);
    await desk.setNow("2026-03-11T00:05:00Z");
    expect(await sharesAfter(desk, 60n)).toEqual([0.5]);
  }),
];

/** Warnings of `warnAt`: each share of a window is told to one caller, once. */
export const ledgerWarningsCases: readonly DatabaseCase[] = [...crossings, ...charges, ...changes];
