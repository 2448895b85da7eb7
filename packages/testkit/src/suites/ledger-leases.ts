import { expect } from "vitest";
import { LEASE_LABEL, type LeasedCall, type LeasePost, type LeaseState } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Takes a lease; returns its id. */
function lease(desk: CaseDesk, amountNanoUsd: bigint, budgetIds: readonly string[]): Promise<string> {
  return desk.hold(amountNanoUsd, budgetIds, { label: LEASE_LABEL });
}

function leasedCall(desk: CaseDesk, costNanoUsd: bigint, change: Partial<LeasedCall> = {}): LeasedCall {
  return {
    callId: desk.nextId(),
    settlementId: desk.nextId(),
    kind: "settle",
    heldNanoUsd: 10n,
    costNanoUsd,
    label: { provider: "openai", model: "gpt-test" },
    receipt: {},
    ...change,
  };
}

function post(
  desk: CaseDesk,
  leaseId: string,
  calls: readonly LeasedCall[],
  change: Partial<LeasePost> = {},
): Promise<LeaseState | undefined> {
  const plain = { leaseId, calls, keepNanoUsd: undefined, ttlMs: 60_000 };
  return desk.ledger.post(desk.tenant, { ...plain, ...change });
}

async function books(desk: CaseDesk, budgetId: string) {
  const { spentNanoUsd, reservedNanoUsd, overrunNanoUsd } = await desk.window(budgetId);
  return [spentNanoUsd, reservedNanoUsd, overrunNanoUsd];
}

/** What is posted. */
const posts: readonly DatabaseCase[] = [
  databaseCase("books calls on the budgets of their lease, which shrinks by what they cost", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    await desk.budget("user", { day: 500n });
    const id = await lease(desk, 100n, ["org", "user"]);
    const calls = [leasedCall(desk, 7n), leasedCall(desk, 0n, { kind: "void" }), leasedCall(desk, 5n)];
    expect(await post(desk, id, calls)).toEqual({ isHeld: true, amountNanoUsd: 88n, isWanted: false });
    expect(await books(desk, "org")).toEqual([12n, 88n, 0n]);
    expect((await desk.window("user", "day")).spentNanoUsd).toBe(12n);
    await desk.settle(id, 0n, { kind: "void" });
    expect(await books(desk, "org")).toEqual([12n, 0n, 0n]);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("writes an entry for each call of a lease, as its owner told it", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 100n, ["org"]);
    const label = { provider: "openai", model: "gpt-test", agent: "a", step: "s", thread: "t" };
    const receipt = { usage: { inputTokens: 3 } };
    const call = leasedCall(desk, 7n, { kind: "estimate", label, receipt });
    await post(desk, id, [call]);
    const [entry] = await desk.entries({ callId: call.callId });
    expect(entry).toMatchObject({
      id: call.settlementId,
      kind: "estimate",
      budgetIds: ["org"],
      heldNanoUsd: 10n,
      chargedNanoUsd: 7n,
      inDoubt: false,
      receipt,
    });
    expect(entry?.label).toMatchObject(label);
  }),
  databaseCase("counts a call of a lease once, however often it is posted", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 100n, ["org"]);
    const call = leasedCall(desk, 7n);
    await post(desk, id, [call]);
    expect(await post(desk, id, [call, leasedCall(desk, 1n)])).toMatchObject({ amountNanoUsd: 92n });
    expect(await books(desk, "org")).toEqual([8n, 92n, 0n]);
    expect(await desk.entries({ callId: call.callId })).toHaveLength(1);
  }),
  databaseCase("gives back what is not kept of a lease, and never adds to it", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 100n, ["org"]);
    expect(await post(desk, id, [leasedCall(desk, 7n)], { keepNanoUsd: 30n })).toMatchObject({
      amountNanoUsd: 30n,
    });
    expect(await books(desk, "org")).toEqual([7n, 30n, 0n]);
    expect(await post(desk, id, [], { keepNanoUsd: 500n })).toMatchObject({ amountNanoUsd: 30n });
  }),
  databaseCase(
    "charges bills above their holds in full, and leaves the holds of others alone",
    async (desk) => {
      await desk.budget("org", { total: 1_000n });
      const id = await lease(desk, 20n, ["org"]);
      expect(await post(desk, id, [leasedCall(desk, 35n)])).toMatchObject({
        isHeld: true,
        amountNanoUsd: 10n,
      });
      expect(await books(desk, "org")).toEqual([35n, 10n, 25n]);
    },
  ),
  databaseCase("settles and corrects a call of a lease as any other once it is posted", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 100n, ["org"]);
    const call = leasedCall(desk, 7n);
    await post(desk, id, [call]);
    expect(await desk.settle(call.callId, 7n)).toMatchObject({ code: "replay", chargedNanoUsd: 7n });
    expect(await desk.correct(call.callId, 4n)).toMatchObject({ chargedNanoUsd: 4n });
    expect(await books(desk, "org")).toEqual([4n, 93n, 0n]);
  }),
  databaseCase("tells the warnings that calls of a lease bring up", async (desk) => {
    await desk.budget("org", { total: 100n }, { warnAt: [0.5] });
    const id = await lease(desk, 80n, ["org"]);
    expect((await post(desk, id, [leasedCall(desk, 49n, { heldNanoUsd: 50n })]))?.warnings).toBeUndefined();
    const told = await post(desk, id, [leasedCall(desk, 1n)]);
    expect(told?.warnings).toMatchObject([{ share: 0.5, window: { budgetId: "org", spentNanoUsd: 50n } }]);
  }),
];

/** How leases live and end. */
const lives: readonly DatabaseCase[] = [
  databaseCase("books calls of a lease that has expired, beside what that was charged", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await desk.hold(100n, ["org"], { label: LEASE_LABEL, ttlMs: 1_000 });
    await desk.setElapsed(2);
    await desk.ledger.expire(100);
    const [spent = 0n] = await books(desk, "org");
    const call = leasedCall(desk, 7n);
    expect(await post(desk, id, [call])).toMatchObject({ isHeld: false, amountNanoUsd: 0n });
    expect(await books(desk, "org")).toEqual([spent + 7n, 0n, 0n]);
    expect((await desk.entries({ callId: call.callId })).map(({ budgetIds }) => budgetIds)).toEqual([
      ["org"],
    ]);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("keeps a lease alive for as long as its owner posts", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await desk.hold(100n, ["org"], { label: LEASE_LABEL, ttlMs: 1_000 });
    await post(desk, id, [], { ttlMs: 60_000 });
    await desk.setElapsed(2);
    expect(await desk.ledger.expire(100)).toBe(0);
  }),
  databaseCase("knows nothing of a lease that nobody took", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const call = leasedCall(desk, 7n);
    expect(await post(desk, desk.nextId(), [call])).toBeUndefined();
    expect(await desk.entries({ callId: call.callId })).toEqual([]);
  }),
  databaseCase("tells the owner of a lease that others wait for its money", async (desk) => {
    for (const budgetId of ["org", "user", "other", "another"])
      await desk.budget(budgetId, { total: 1_000n });
    const mine = await lease(desk, 10n, ["org", "user"]);
    const free = await lease(desk, 10n, ["other", "another"]);
    await desk.ledger.recall(desk.tenant, ["user", "nobody"]);
    expect(await post(desk, mine, [])).toMatchObject({ isWanted: true });
    expect(await post(desk, free, [])).toMatchObject({ isWanted: false });
  }),
  databaseCase("wants no call of a lease on a budget that was set anew", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 10n, ["org"]);
    await desk.budget("org", { total: 1_000n }, { warnAt: [0.5] });
    expect(await post(desk, id, [])).toMatchObject({ isWanted: true });
  }),
  databaseCase("wants no call of a lease whose day has ended", async (desk) => {
    await desk.budget("org", { day: 1_000n });
    const id = await desk.hold(10n, ["org"], { label: LEASE_LABEL, ttlMs: 86_400_000 });
    await desk.setNow("2026-03-11T00:00:00Z");
    expect(await post(desk, id, [])).toMatchObject({ isWanted: true });
  }),
  databaseCase("wants no call of a lease on a budget that is paused", async (desk) => {
    await desk.budget("org", { total: 1_000n });
    const id = await lease(desk, 10n, ["org"]);
    await desk.ledger.setPaused(desk.tenant, "org", true);
    expect(await post(desk, id, [leasedCall(desk, 1n)])).toMatchObject({ isWanted: true, amountNanoUsd: 9n });
  }),
];

/** Money that a process holds its calls on by itself. */
export const ledgerLeasesCases: readonly DatabaseCase[] = [...posts, ...lives];
