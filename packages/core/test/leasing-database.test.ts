import { leasingDatabase, memoryDatabase, systemClock, type LeasingDatabase } from "@wflo/core";
import { fakeIds } from "@wflo/testkit";
import { beforeEach, expect, test } from "vitest";

const TENANT = "t";
const ids = fakeIds();
let leasing: LeasingDatabase;

/** Enough calls on one budget for a lease to be taken. */
beforeEach(async () => {
  const bare = memoryDatabase();
  const caps = { total: 1_000_000n };
  await bare.ledger.setBudget(TENANT, { id: "org", caps, onExpiry: "charge", warnAt: [] });
  const means = { tenant: TENANT, clock: systemClock, ids, onTrouble: () => {} };
  leasing = leasingDatabase(bare, () => true, means);
  for (let made = 0; made < 12; made += 1) await settle(await hold());
  await leasing.flush();
});

async function hold(): Promise<string> {
  const callId = ids.next();
  const verdict = await leasing.database.ledger.reserve({
    tenant: TENANT,
    callId,
    isNew: true,
    budgetIds: ["org"],
    boundNanoUsd: 10n,
    needNanoUsd: 10n,
    targetNanoUsd: 10n,
    share: 1,
    ttlMs: 60_000,
    label: { provider: "p", model: "m" },
  });
  expect(verdict.code).toBe("granted");
  return callId;
}

async function settle(callId: string): Promise<unknown> {
  const [verdict] = await leasing.database.ledger.settle(TENANT, [
    { callId, settlementId: ids.next(), kind: "settle", costNanoUsd: 7n, receipt: {} },
  ]);
  return verdict;
}

test("what is settled before it is closed is posted", async () => {
  const callId = await hold();
  expect(await settle(callId)).toMatchObject({ callId, code: "settled", chargedNanoUsd: 7n });
  await leasing.flush();
  const entries = await leasing.database.ledger.listEntries(TENANT, { budgetId: "org", limit: 100 });
  expect(entries).toHaveLength(13);
  await leasing.database.close();
});

test("nobody is told that a bill is settled that nobody posts any more", async () => {
  const callId = await hold();
  await leasing.database.close();
  await expect(settle(callId)).rejects.toThrow(/was closed/);
});
