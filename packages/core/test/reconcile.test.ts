import { createWflo, memoryDatabase, type Discrepancy, type Wflo } from "@wflo/core";
import { expect, test } from "vitest";

const label = { provider: "openai", model: "gpt-4.1-mini" };

function clientWith(found: readonly Discrepancy[] = []) {
  let now = Date.parse("2026-11-30T12:00Z");
  const { ledger, ...database } = memoryDatabase({ now: () => now });
  const reconcile: typeof ledger.reconcile = async (tenant) => [
    ...(await ledger.reconcile(tenant)),
    ...found,
  ];
  const wflo = createWflo({ database: { ...database, ledger: { ...ledger, reconcile } }, logger: false });
  return { wflo, later: (ms: number) => (now += ms) };
}

/** A call that was sent and never answered. */
async function doubtful(wflo: Wflo, agent?: string): Promise<void> {
  const lost = wflo.guardCall(
    { ...label, parts: [], hold: "0.25", budgets: ["b"], ...(agent !== undefined && { agent }) },
    async () => ({ value: undefined, outcome: { kind: "doubt", reason: "it was lost" } }),
  );
  await lost.catch(() => {});
}

test("says that the books are exact, and lists the calls in doubt until they are resolved", async () => {
  const { wflo } = clientWith();
  await wflo.budgets.set({ id: "b", caps: { total: "9.00" } });
  expect(await wflo.budgets.reconcile()).toEqual({
    isExact: true,
    discrepancies: [],
    inDoubt: [],
    hasMoreInDoubt: false,
  });
  await doubtful(wflo, "planner");
  const { isExact, inDoubt } = await wflo.budgets.reconcile();
  expect(isExact).toBe(true);
  expect(inDoubt).toEqual([
    {
      callId: inDoubt[0]?.callId,
      budgetIds: ["b"],
      charged: "0.25",
      at: new Date("2026-11-30T12:00Z"),
      label: expect.objectContaining({ ...label, agent: "planner" }) as unknown,
    },
  ]);
  await wflo.calls.resolve(inDoubt[0]?.callId ?? "", { cost: "0.10" });
  expect((await wflo.budgets.reconcile()).inDoubt).toEqual([]);
});

test("finds calls of dead processes in doubt, though nobody has looked for them", async () => {
  const { wflo, later } = clientWith();
  await wflo.budgets.set({ id: "b", caps: { total: "9.00" } });
  const started = Promise.withResolvers<void>();
  void wflo.guardCall({ ...label, parts: [], hold: "0.25", budgets: ["b"] }, () => {
    started.resolve();
    return new Promise<never>(() => {});
  });
  await started.promise;
  expect((await wflo.budgets.reconcile()).inDoubt).toEqual([]);
  later(600_000);
  expect(await wflo.budgets.reconcile()).toMatchObject({ isExact: true, inDoubt: [{ charged: "0.25" }] });
});

test("gives a hundred calls in doubt and says that there are more", async () => {
  const { wflo } = clientWith();
  await wflo.budgets.set({ id: "b", caps: { total: "99.00" } });
  for (let call = 0; call < 100; call += 1) await doubtful(wflo);
  const full = await wflo.budgets.reconcile();
  expect([full.inDoubt.length, full.hasMoreInDoubt]).toEqual([100, false]);
  await doubtful(wflo);
  const { inDoubt, hasMoreInDoubt } = await wflo.budgets.reconcile();
  expect([inDoubt.length, hasMoreInDoubt]).toEqual([100, true]);
  expect(inDoubt).toEqual(full.inDoubt);
});

test("tells of a row that somebody wrote to, in decimals", async () => {
  const nano = {
    spentNanoUsd: 5_000_000_000n,
    entriesNanoUsd: 1n,
    reservedNanoUsd: 0n,
    holdsNanoUsd: 70_000_000n,
  };
  const { wflo } = clientWith([{ budgetId: "b", window: "day", ...nano }]);
  expect(await wflo.budgets.reconcile()).toMatchObject({
    isExact: false,
    discrepancies: [
      {
        budgetId: "b",
        window: "day",
        spent: "5.00",
        entries: "0.000000001",
        reserved: "0.00",
        holds: "0.07",
      },
    ],
  });
});

test("waits for settles of this process before it looks", async () => {
  const { wflo } = clientWith();
  await wflo.budgets.set({ id: "b", caps: { total: "9.00" } });
  const callId = "0195f1a0-0000-7000-8000-000000000001";
  await wflo.guardCall({ ...label, parts: [], price: "0.25", budgets: ["b"], callId }, async () => ({
    value: 1,
    usage: undefined,
  }));
  await wflo.budgets.reconcile();
  expect((await wflo.budgets.list())[0]?.windows[0]).toMatchObject({ spent: "0.25", reserved: "0.00" });
});
