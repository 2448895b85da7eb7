import {
  createWflo,
  memoryDatabase,
  type Database,
  type LedgerStore,
  type ReserveRequest,
  type Wflo,
  type WfloEvents,
} from "@wflo/core";
import { expect, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";
import { under } from "./support/one-budget.ts";

type Warning = WfloEvents["budget-warning"];

const AT = new Date("2026-03-10T12:00:00Z");
const CALL: ReserveRequest = {
  tenant: "default",
  callId: "0195f1a0-0000-7000-8000-000000000001",
  budgetIds: ["b"],
  boundNanoUsd: 6_000_000n,
  needNanoUsd: 6_000_000n,
  targetNanoUsd: 6_000_000n,
  share: 1,
  ttlMs: 1_000,
  label: { provider: "openai", model: "gpt-4.1" },
};

/** A client and what it was warned of. */
function clientOn(database: Database): { readonly wflo: Wflo; readonly warnings: Warning[] } {
  const wflo = createWflo({ database, logger: false });
  const warnings: Warning[] = [];
  wflo.on("budget-warning", (warning) => warnings.push(warning));
  return { wflo, warnings };
}

const told = (warnings: readonly Warning[]) => warnings.map(({ budgetId, share }) => [budgetId, share]);

test("a call that crosses several shares is told of each, with what is spent and when it resets", async () => {
  const { wflo, warnings } = clientOn(memoryDatabase({ now: () => AT.getTime() }));
  await wflo.budgets.set({ id: "b", caps: { day: "0.01" }, warnAt: [0.9, 0.08, 0.02, 0.02] });
  await wflo.guardCall(request({ ...under, maxOutputTokens: 200 }), async () => answer(1));
  await wflo.flush();
  const common = { budgetId: "b", window: "day", cap: "0.01", spent: ANSWER_COST };
  const resetsAt = new Date("2026-03-11T00:00:00Z");
  expect(warnings).toEqual([
    { ...common, share: 0.02, resetsAt },
    { ...common, share: 0.08, resetsAt },
  ]);
});

test("of two clients on one database, one is told of a share", async () => {
  const database = memoryDatabase();
  const [one, two] = [clientOn(database), clientOn(database)];
  await one.wflo.budgets.set({ id: "b", caps: { total: "1.00" }, warnAt: [0.000_5, 0.001, 0.002] });
  for (const { wflo } of [one, two, one, two]) {
    await wflo.guardCall(request(under), async () => answer(1));
    await wflo.flush();
  }
  expect(told(one.warnings)).toEqual([
    ["b", 0.0005],
    ["b", 0.002],
  ]);
  expect(told(two.warnings)).toEqual([["b", 0.001]]);
});

test("a call of a step is told of, whatever carries its charge", async () => {
  const { wflo, warnings } = clientOn(memoryDatabase());
  await wflo.budgets.set({ id: "b", caps: { total: "0.01" }, warnAt: [0.05] });
  await wflo.run({ name: "r", budgets: ["b"] }, (run) =>
    run.step("ask", () => wflo.guardCall(request({ maxOutputTokens: 200 }), async () => answer(1))),
  );
  expect(told(warnings)).toEqual([["b", 0.05]]);
});

test("what a hand sets a call to is told of", async () => {
  const { wflo, warnings } = clientOn(memoryDatabase());
  await wflo.budgets.set({ id: "b", caps: { total: "0.01" }, warnAt: [0.5] });
  await wflo.guardCall(request({ ...under, maxOutputTokens: 200 }), async () => answer(1));
  const [line] = await wflo.calls.list();
  expect(warnings).toEqual([]);
  await wflo.calls.resolve(line?.callId ?? "", { cost: "0.006" });
  expect(told(warnings)).toEqual([["b", 0.5]]);
});

test("what a sweep charges for dead processes is told of by who swept", async () => {
  let nowMs = AT.getTime();
  const database = memoryDatabase({ now: () => nowMs });
  const { wflo, warnings } = clientOn(database);
  const other = createWflo({ database, logger: false, tenant: "other" });
  await wflo.budgets.set({ id: "b", caps: { total: "0.01" }, warnAt: [0.5] });
  await database.ledger.reserve(CALL);
  nowMs += 2_000;
  await wflo.budgets.get("b");
  expect(told(warnings)).toEqual([["b", 0.5]]);

  await wflo.budgets.set({ id: "b", caps: { total: "0.02" }, warnAt: [0.5] });
  await database.ledger.reserve({ ...CALL, callId: "0195f1a0-0000-7000-8000-000000000002" });
  nowMs += 2_000;
  await other.budgets.list();
  expect(warnings).toHaveLength(1);
  await wflo.guardCall(request({ ...under, maxOutputTokens: 200 }), async () => answer(1));
  await wflo.flush();
  expect(told(warnings)).toEqual([
    ["b", 0.5],
    ["b", 0.5],
  ]);
});

test("who takes over a run is told of what its open calls are charged", async () => {
  const database = memoryDatabase();
  const { wflo, warnings } = clientOn(database);
  await wflo.budgets.set({ id: "b", caps: { total: "0.01" }, warnAt: [0.5] });
  const workflow = wflo.workflow("w", async () => "done");
  const runId = "0195f1a0-0000-7000-8000-00000000000a";
  await database.runs.create("default", {
    id: runId,
    workflow: "w",
    input: "1",
    budgetIds: ["b"],
    tags: [],
    traceId: runId.replaceAll("-", ""),
    threadId: runId,
  });
  await database.ledger.reserve({ ...CALL, ttlMs: 90_000, epoch: 1, label: { ...CALL.label, runId } });
  await workflow.resume(runId, { takeOver: true });
  expect(told(warnings)).toEqual([["b", 0.5]]);
});

test("a store of a class with private fields is called on itself", async () => {
  const database = memoryDatabase();
  class Ledger {
    readonly #store = database.ledger;
    readonly reserve: LedgerStore["reserve"] = (ask) => this.#store.reserve(ask);
    settle(...args: Parameters<LedgerStore["settle"]>) {
      return this.#store.settle(...args);
    }
    setBudget(...args: Parameters<LedgerStore["setBudget"]>) {
      return this.#store.setBudget(...args);
    }
  }
  const ledger = new Ledger() as unknown as LedgerStore;
  const { wflo, warnings } = clientOn({ ...database, ledger });
  await wflo.budgets.set({ id: "b", caps: { total: "0.01" }, warnAt: [0.05] });
  await wflo.guardCall(request({ ...under, maxOutputTokens: 200 }), async () => answer(1));
  await wflo.flush();
  expect(told(warnings)).toEqual([["b", 0.05]]);
});

test("a budget has at most a hundred shares", async () => {
  const { wflo } = clientOn(memoryDatabase());
  const warnAt = Array.from({ length: 101 }, (_, at) => (at + 1) / 200);
  const caps = { total: "1.00" };
  await expect(wflo.budgets.set({ id: "b", caps, warnAt })).rejects.toThrow("at most 100");
  const budget = await wflo.budgets.set({ id: "b", caps, warnAt: [...warnAt.slice(1), 0.5] });
  expect(budget.warnAt).toEqual(warnAt.slice(1));
});
