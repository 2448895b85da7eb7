import {
  leasingDatabase,
  memoryDatabase,
  StoreUnavailableError,
  systemClock,
  type Clock,
  type ClosingKind,
  type LeasePost,
  type LeaseState,
  type LeasingDatabase,
  type LedgerStore,
  type ReserveRequest,
} from "@wflo/core";
import { fakeIds } from "@wflo/testkit";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";

const TENANT = "t";
const ids = fakeIds();
/** Time goes so much faster here. */
const PACE = 10;
let leasing: LeasingDatabase;
/** What a post comes to instead. */
let onPost: (post: LeasePost, go: () => Promise<LeaseState | undefined>) => Promise<LeaseState | undefined>;
let troubles: unknown[];

/** Enough calls on one budget for a lease to be taken. */
beforeEach(async () => {
  const bare = memoryDatabase();
  const caps = { total: 1_000_000n };
  await bare.ledger.setBudget(TENANT, { id: "org", caps, onExpiry: "charge", warnAt: [] });
  onPost = (_, go) => go();
  troubles = [];
  const ledger = new Proxy(bare.ledger, {
    get: (target, name: keyof LedgerStore) =>
      name === "post"
        ? (tenant: string, post: LeasePost) => onPost(post, () => target.post(tenant, post))
        : target[name],
  });
  const clock: Clock = {
    ...systemClock,
    monotonic: () => performance.now() * PACE,
    schedule: (task, delayMs, how) => systemClock.schedule(task, delayMs / PACE, how),
  };
  const means = { tenant: TENANT, clock, ids, onTrouble: (error: unknown) => void troubles.push(error) };
  leasing = leasingDatabase({ ...bare, ledger }, () => true, means);
  for (let made = 0; made < 12; made += 1) await settle(await hold());
  await leasing.flush();
});

async function hold(): Promise<string> {
  const callId = ids.next();
  expect((await leasing.database.ledger.reserve(ask(callId))).code).toBe("granted");
  return callId;
}

function ask(callId: string): ReserveRequest {
  return {
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
  };
}

async function settle(callId: string, kind: ClosingKind = "settle", costNanoUsd = 7n): Promise<unknown> {
  const [verdict] = await leasing.database.ledger.settle(TENANT, [
    { callId, settlementId: ids.next(), kind, costNanoUsd, receipt: {} },
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

test("a bill that no hold covered is not settled while the store has not taken it, nor when it never does", async () => {
  const callId = await hold();
  onPost = () => Promise.reject(new StoreUnavailableError("gone"));
  const settling = settle(callId, "recorded", 900n).catch((error: unknown) => error);
  const flushing = leasing.flush().catch((error: unknown) => error);
  await expect(leasing.database.close()).rejects.toThrow(StoreUnavailableError);
  expect(await settling).toBeInstanceOf(StoreUnavailableError);
  expect(await flushing).toBeInstanceOf(StoreUnavailableError);
});

test("what is settled while it is closed is posted as well, also when the store fails then", async () => {
  const [first, second] = [await hold(), await hold()];
  let failures = 0;
  onPost = async ({ calls }, go) => {
    await pause(20);
    if (failures > 0 || !calls.some(({ callId }) => callId === second)) return go();
    failures += 1;
    throw new StoreUnavailableError("gone");
  };
  await settle(first);
  const posted: string[] = [];
  const closing = leasing.database.close();
  await pause(5);
  await settle(second);
  const pass = onPost;
  onPost = async (post, go) => {
    const state = await pass(post, go);
    posted.push(...post.calls.map(({ callId }) => callId));
    return state;
  };
  await closing;
  expect(failures).toBe(1);
  expect(posted).toContain(second);
});

test("while it is closed no further lease is taken, whose bills nobody would post", async () => {
  await settle(await hold());
  onPost = async (_, go) => {
    await pause(150);
    return go();
  };
  const closing = leasing.database.close();
  await pause(120);
  const callIds = [];
  for (let made = 0; made < 14; made += 1) callIds.push(await hold());
  await closing;
  for (const callId of callIds) await expect(settle(callId)).rejects.toThrow(/was closed/);
});

test("bills of a lease of which the store knows nothing are told as trouble", async () => {
  const callId = await hold();
  onPost = async () => undefined;
  await settle(callId);
  await leasing.flush();
  expect(String(troubles)).toContain("1 bill");
});

test("a second reserve of a call on other budgets is a conflict, as in the store", async () => {
  const callId = await hold();
  const again = { ...ask(callId), budgetIds: ["team"] };
  expect(await leasing.database.ledger.reserve(again)).toEqual({ code: "conflict", field: "budgets" });
});
