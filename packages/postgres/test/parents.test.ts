import { expect, test } from "vitest";
import { asks, bills } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const plain = { caps: { total: 1_000_000n }, onExpiry: "charge", warnAt: [] } as const;

test("of two processes that put two budgets above each other at once, one is refused", async () => {
  const [one, two] = [database.open().ledger, database.open().ledger];
  for (let round = 0; round < 40; round += 1) {
    const [a, b] = [`a${round}`, `b${round}`];
    for (const id of [a, b]) await one.setBudget("t", { id, ...plain });
    const set = await Promise.allSettled([
      one.setBudget("t", { id: a, ...plain, parent: b }),
      two.setBudget("t", { id: b, ...plain, parent: a }),
    ]);
    expect(set.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const parents = (await one.getBudgets("t", [a, b])).filter(({ parent }) => parent !== undefined);
    expect(parents).toHaveLength(1);
  }
});

test("parents that change while calls are made leave the books right, and every call on all above it", async () => {
  const ledgers = [database.open(), database.open()].map(({ ledger }) => ledger);
  const [first] = ledgers;
  const tenant = "changing";
  for (const id of ["org/1", "org/2", "user"]) await first?.setBudget(tenant, { id, ...plain });
  let incomplete = 0;
  let isChanging = true;
  // However fast the machine: until the calls have met changes often enough.
  const changing = (async () => {
    for (let changes = 0; incomplete < 60; changes += 1)
      await first?.setBudget(tenant, { id: "user", ...plain, parent: `org/${1 + (changes % 2)}` });
    isChanging = false;
  })();
  const made = Array.from({ length: 24 }, async (_, at) => {
    const ledger = ledgers[at % 2]!;
    let inherited: readonly string[] = [];
    let calls = 0;
    while (isChanging || calls < 12) {
      const call = { ...asks(["user", ...inherited], 10n), tenant, inherited };
      const verdict = await ledger.reserve(call);
      if (verdict.code === "incomplete") {
        incomplete += 1;
        inherited = verdict.parents.map(({ parent }) => parent);
        continue;
      }
      expect(verdict.code).toBe("granted");
      await ledger.settle(tenant, [bills(call.callId, 7n)]);
      calls += 1;
    }
    return BigInt(calls);
  });
  const calls = (await Promise.all(made)).reduce((sum, each) => sum + each);
  await changing;
  expect(incomplete).toBeGreaterThan(24);
  expect(await first?.reconcile(tenant)).toEqual([]);
  const spent = await first?.getBudgets(tenant, ["org/1", "org/2", "user"]);
  const [one = 0n, two = 0n, all = 0n] = spent?.map(({ windows }) => windows[0]?.spentNanoUsd) ?? [];
  expect(calls).toBeGreaterThanOrEqual(24n * 12n);
  expect(all).toBe(calls * 7n);
  // What was made before the first parent was set is on neither.
  expect(one + two).toBeLessThanOrEqual(all);
  expect(one + two).toBeGreaterThan(0n);
});
