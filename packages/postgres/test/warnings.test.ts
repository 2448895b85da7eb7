import { createWflo, type BudgetWarning, type Database, type GuardRequest } from "@wflo/core";
import { expect, test } from "vitest";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import { asks, bills, newId } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

/** A call that costs 0.00082. */
const request: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1",
  parts: ["hello"],
  maxOutputTokens: 100,
  budgets: ["b"],
};
const answer = async () => ({ value: "hi", usage: { inputTokens: 10, outputTokens: 100 } });

/** A client with connections of its own, as a process has them, and the shares it was told of. */
function aProcess(): { readonly wflo: ReturnType<typeof createWflo>; readonly shares: number[] } {
  const wflo = createWflo({ database: files.open(), logger: false });
  const shares: number[] = [];
  wflo.on("budget-warning", ({ share }) => shares.push(share));
  return { wflo, shares };
}

test("two processes' clients and sixty calls at once: each share is told once, and none after a restart", async () => {
  const [one, two] = [aProcess(), aProcess()];
  const warnAt = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45];
  // Sixty calls cost 0.0492, which is 41 %.
  const budget = { id: "b", caps: { total: "0.12" }, warnAt };
  await one.wflo.budgets.set(budget);
  await Promise.all(
    Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? one : two).wflo.guardCall(request, answer)),
  );
  await Promise.all([one.wflo.close(), two.wflo.close()]);
  expect([...one.shares, ...two.shares].sort((a, b) => a - b)).toEqual(warnAt.slice(0, -1));

  const three = aProcess();
  await three.wflo.budgets.set(budget);
  await three.wflo.guardCall(request, answer);
  await three.wflo.flush();
  expect(three.shares).toEqual([]);
});

test(
  "settles, steps, corrections and sweeps of four processes at once: each share of each window is told once",
  { timeout: 120_000 },
  async () => {
    const databases = Array.from({ length: 4 }, () => files.open({ max: 4 }));
    const warnAt = Array.from({ length: 40 }, (_, at) => (at + 1) / 50);
    const { ledger } = databases[0] as Database;
    for (const id of ["org", "user/1", "user/2"])
      await ledger.setBudget("t", { id, caps: { total: 60_000n, day: 50_000n }, onExpiry: "charge", warnAt });
    const told = new Map<string, number>();
    const tell = (warnings: readonly BudgetWarning[] = []) => {
      for (const { share, window } of warnings) {
        const key = `${window.budgetId} ${window.window} ${share}`;
        told.set(key, (told.get(key) ?? 0) + 1);
      }
    };
    const caller = async (mine: Database["ledger"]): Promise<void> => {
      for (let call = 0; call < 40; call += 1) {
        const ask = asks(["org", `user/${1 + (call % 2)}`], 60n, { ttlMs: pick([0, 60_000]) });
        if ((await mine.reserve(ask)).code !== "granted") continue;
        const cost = BigInt(Math.floor(Math.random() * 60));
        for (const { warnings } of await mine.settle("t", [bills(ask.callId, cost)])) tell(warnings);
        const correction = { callId: ask.callId, correctionId: newId(), costNanoUsd: 50n, receipt: {} };
        if (call % 5 === 0) tell((await mine.correct("t", correction))?.warnings);
        if (call % 7 === 0) await mine.expire(20, { tenant: "t", tell });
      }
    };
    await Promise.all(Array.from({ length: 24 }, (_, at) => caller((databases[at % 4] as Database).ledger)));
    const expected = (await ledger.getBudgets("t", ["org", "user/1", "user/2"])).flatMap(({ windows }) =>
      windows.flatMap(({ budgetId, window, spentNanoUsd, capNanoUsd }) =>
        warnAt
          .filter((share) => Number(spentNanoUsd) >= Number(capNanoUsd) * share)
          .map((share) => `${budgetId} ${window} ${share}`),
      ),
    );
    expect(expected.length).toBeGreaterThan(30);
    // A correction may have brought a window below a share again that was told.
    expect([...told.keys()]).toEqual(expect.arrayContaining(expected));
    expect([...told.values()].filter((times) => times !== 1)).toEqual([]);
    expect(await ledger.reconcile("t")).toEqual([]);
  },
);

test("a settle that tells of a share is on the disk before it is told", async () => {
  const { ledger } = files.open();
  await ledger.setBudget("t", { id: "disk", caps: { total: 100n }, onExpiry: "charge", warnAt: [0.5] });
  const settings: unknown[] = [];
  for (const cost of [10n, 50n, 10n]) {
    const call = asks(["disk"], cost);
    expect((await ledger.reserve(call)).code).toBe("granted");
    await files.query("begin");
    await files.query("select wflo.settle('t', $1::jsonb)", [
      settlementsJson(settlementRows([bills(call.callId, cost)])),
    ]);
    const [row] = await files.query("select current_setting('synchronous_commit') as waits");
    await files.query("commit");
    settings.push(row?.["waits"]);
  }
  expect(settings).toEqual(["off", "on", "off"]);
});
