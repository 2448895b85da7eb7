import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Which call is which: identity is checked before money. */
export const ledgerIdentityCases: readonly DatabaseCase[] = [
  databaseCase("answers a repeated reserve with the same hold and holds nothing more", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(30n, ["user"]);
    expect(await desk.reserve(30n, ["user"], { callId })).toEqual({ code: "replay", amountNanoUsd: 30n });
    expect((await desk.window("user")).reservedNanoUsd).toBe(30n);
  }),
  databaseCase("answers a replay with what was granted, not with the bound", async (desk) => {
    await desk.budget("user", { total: 50n });
    const request = { callId: desk.nextId(), needNanoUsd: 10n, targetNanoUsd: 20n };
    await desk.reserve(60n, ["user"], request);
    expect(await desk.reserve(60n, ["user"], request)).toEqual({ code: "replay", amountNanoUsd: 20n });
  }),
  databaseCase("knows a replay by its set of budgets, whatever their order", async (desk) => {
    await desk.budget("a", { total: 100n });
    await desk.budget("b", { total: 100n });
    const callId = await desk.hold(30n, ["a", "b"]);
    expect((await desk.reserve(30n, ["b", "a"], { callId })).code).toBe("replay");
  }),
  databaseCase("answers a replay on a budget that is exhausted by now", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(10n, ["user"]);
    const other = await desk.hold(90n, ["user"]);
    await desk.settle(other, 95n);
    expect((await desk.reserve(10n, ["user"], { callId })).code).toBe("replay");
  }),
  databaseCase("answers a replay on a budget that is paused by now", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(10n, ["user"]);
    await desk.ledger.setPaused(desk.tenant, "user", true);
    expect((await desk.reserve(10n, ["user"], { callId })).code).toBe("replay");
  }),
  databaseCase("never grants the id of a closed call again", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.spend(10n, ["user"]);
    expect(await desk.reserve(10n, ["user"], { callId })).toEqual({ code: "closed" });
  }),
  databaseCase("says closed for a closed call on an exhausted budget", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.spend(100n, ["user"]);
    expect(await desk.reserve(100n, ["user"], { callId })).toEqual({ code: "closed" });
  }),
  databaseCase("names a conflict when an open call comes with other budgets", async (desk) => {
    await desk.budget("a", { total: 100n });
    await desk.budget("b", { total: 100n });
    const callId = await desk.hold(10n, ["a"]);
    const conflict = { code: "conflict", field: "budgets" };
    expect(await desk.reserve(10n, ["b"], { callId })).toEqual(conflict);
    expect(await desk.reserve(10n, ["a", "b"], { callId })).toEqual(conflict);
    expect(await desk.reserve(10n, [], { callId })).toEqual(conflict);
  }),
  databaseCase("names a conflict when an open call comes with another bound", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(10n, ["user"]);
    const verdict = await desk.reserve(11n, ["user"], { callId });
    expect(verdict).toEqual({ code: "conflict", field: "amount" });
  }),
  databaseCase("keeps the budgets and calls of tenants with the same ids apart", async (desk) => {
    const other = desk.as("globex");
    const callId = desk.nextId();
    await desk.budget("user", { total: 100n });
    await other.budget("user", { total: 10n });
    await desk.hold(60n, ["user"], { callId });
    await other.hold(7n, ["user"], { callId });
    await other.settle(callId, 6n);
    expect(await desk.window("user")).toMatchObject({
      capNanoUsd: 100n,
      spentNanoUsd: 0n,
      reservedNanoUsd: 60n,
    });
    expect(await other.window("user")).toMatchObject({
      capNanoUsd: 10n,
      spentNanoUsd: 6n,
      reservedNanoUsd: 0n,
    });
    expect(await desk.entriesOf(callId)).toEqual([]);
    expect(await other.entriesOf(callId)).toHaveLength(1);
  }),
  databaseCase("refuses a call of an epoch that its run has left", async (desk) => {
    await desk.budget("user", { total: 100n });
    const runId = await desk.run();
    const label = { runId, provider: "openai", model: "gpt-test" };
    await desk.hold(10n, ["user"], { label, epoch: 1 });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await desk.reserve(10n, ["user"], { label, epoch: 1 })).toEqual({ code: "superseded" });
    await desk.hold(10n, ["user"], { label, epoch: 2 });
  }),
  databaseCase("says superseded before it looks at budgets", async (desk) => {
    const runId = await desk.run();
    const label = { runId, provider: "openai", model: "gpt-test" };
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect((await desk.reserve(10n, ["nobody"], { label, epoch: 1 })).code).toBe("superseded");
  }),
  databaseCase("grants a call whose run has no row", async (desk) => {
    await desk.budget("user", { total: 100n });
    const label = { runId: desk.nextId(), provider: "openai", model: "gpt-test" };
    await desk.hold(10n, ["user"], { label, epoch: 1 });
  }),
];
