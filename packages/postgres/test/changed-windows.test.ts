import type { WindowKind } from "@wflo/core";
import pg from "pg";
import { expect, test } from "vitest";
import { asks } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const LOCKS = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

async function somebodyWaits(): Promise<void> {
  while ((await database.query(LOCKS)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const ALONE = [90n];
/** More than there is: the first is refused by itself, the others go together. */
const TOGETHER = [1_000_000n, 1_000_000n, 40n, 40n];

/** Sets a budget with a cap a day to this in a transaction that is open until somebody waits for it. */
async function meeting<T>(
  id: string,
  caps: Partial<Record<WindowKind, number>>,
  zone: string,
  ask: () => Promise<T>,
) {
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query("begin");
  const set = "select wflo.set_budget('t', $1, null, $2, $3, 'charge', '{}', $4, null)";
  await owner.query(set, [id, caps.day, caps.month, zone]);
  const asked = ask();
  await somebodyWaits();
  await owner.query("commit");
  await owner.end();
  return asked;
}

test.each<
  [what: string, caps: Partial<Record<WindowKind, number>>, zone: string, amounts: readonly bigint[]]
>([
  ["another kind of cap while it is asked", { month: 50 }, "UTC", ALONE],
  ["another kind of cap while many are asked", { month: 50 }, "UTC", TOGETHER],
  ["another zone while it is asked", { day: 100 }, "Asia/Kolkata", ALONE],
  ["another zone while many are asked", { day: 100 }, "Asia/Kolkata", TOGETHER],
])("a first call is held in the windows that its budget has then: %s", async (id, caps, zone, amounts) => {
  const { ledger } = database.open();
  await ledger.setBudget("t", { id, caps: { day: 100n }, onExpiry: "charge", warnAt: [] });
  const ask = () => Promise.all(amounts.map((amount) => ledger.reserve(asks([id], amount))));
  const verdicts = await meeting(id, caps, zone, ask);
  const grants = verdicts.map((verdict) => (verdict.code === "granted" ? verdict.amountNanoUsd : 0n));
  const [budget] = await ledger.getBudgets("t", [id]);
  const [window] = budget?.windows ?? [];
  expect(window?.reservedNanoUsd).toBe(grants.reduce((sum, amount) => sum + amount, 0n));
  expect(window?.reservedNanoUsd).toBeLessThanOrEqual(window?.capNanoUsd ?? 0n);
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("a call that takes a hold over is held in the windows that its other budget has then, or takes nothing", async () => {
  const { ledger } = database.open();
  for (const id of ["around", "inside"])
    await ledger.setBudget("t", { id, caps: { day: 100n }, onExpiry: "charge", warnAt: [] });
  const outer = asks(["around"], 60n);
  expect((await ledger.reserve(outer)).code).toBe("granted");
  const inner = (amount: bigint) =>
    ledger.reserve(asks(["around", "inside"], amount, { replaces: outer.callId }));
  const reserved = async () => {
    const budgets = await ledger.getBudgets("t", ["around", "inside"]);
    return budgets.map(({ windows }) => windows[0]?.reservedNanoUsd);
  };
  expect((await meeting("inside", { month: 50 }, "UTC", () => inner(90n))).code).toBe("exhausted");
  expect(await reserved()).toEqual([60n, 0n]);
  expect((await inner(50n)).code).toBe("granted");
  expect(await reserved()).toEqual([50n, 50n]);
  expect(await ledger.reconcile("t")).toEqual([]);
});
