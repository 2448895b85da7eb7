import { expect } from "vitest";
import type { CallLabel, CostGroup, Settlement } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const MODEL = { provider: "openai", model: "gpt-test" };
const NOTHING = { inputTokens: 0, outputTokens: 0, latencyMs: 0, failures: 0, inexact: 0 };

/** Makes a call that ends as told and costs 10 unless told otherwise; returns its id. */
async function call(
  desk: CaseDesk,
  label: CallLabel,
  { costNanoUsd = 10n, ...end }: Partial<Settlement> = {},
): Promise<string> {
  const callId = await desk.hold(costNanoUsd, [], { label });
  await desk.settle(callId, costNanoUsd, end);
  return callId;
}

async function onlyGroup(desk: CaseDesk, runId: string): Promise<CostGroup | undefined> {
  const groups = await desk.ledger.costs(desk.tenant, runId);
  expect(groups).toHaveLength(1);
  return groups[0];
}

/** What is in a receipt beside the counts that are added up. */
function receiptOf(inputTokens: unknown, outputTokens: unknown, latencyMs: unknown): Record<string, unknown> {
  return { usage: { inputTokens, outputTokens, cachedTokens: 1 }, latencyMs, costKind: "known" };
}

/** The price of a run, added up where its entries are. */
export const ledgerCostsCases: readonly DatabaseCase[] = [
  databaseCase("adds the calls of a run up by label", async (desk) => {
    const runId = desk.nextId();
    const label = { runId, step: "plan", agent: "planner", checkpointId: "a", ...MODEL };
    await call(desk, label, { costNanoUsd: 10n, receipt: receiptOf(100, 20, 7) });
    await call(desk, label, { costNanoUsd: 30n, receipt: receiptOf(1, 2, 3) });
    expect(await onlyGroup(desk, runId)).toEqual({
      label,
      calls: 2,
      chargedNanoUsd: 40n,
      inputTokens: 101,
      outputTokens: 22,
      latencyMs: 10,
      failures: 0,
      inexact: 0,
    });
  }),
  databaseCase("tells calls apart by every part of their labels", async (desk) => {
    const runId = desk.nextId();
    const full = { runId, step: "plan", agent: "planner", checkpointId: "a", thread: "t", ...MODEL };
    const labels: readonly CallLabel[] = [
      full,
      { ...full, step: "write" },
      { ...full, agent: "writer" },
      { ...full, checkpointId: "b" },
      { ...full, thread: "u" },
      { ...full, provider: "tool" },
      { ...full, model: "gpt-test-2" },
      { runId, ...MODEL },
      { runId, step: "planner", ...MODEL },
      { runId, agent: "planner", ...MODEL },
      { runId, checkpointId: "planner", ...MODEL },
    ];
    for (const label of labels) await call(desk, label);
    const groups = await desk.ledger.costs(desk.tenant, runId);
    expect(groups).toEqual(labels.map((label) => ({ label, calls: 1, chargedNanoUsd: 10n, ...NOTHING })));
  }),
  databaseCase("orders costs by the first entries of their labels", async (desk) => {
    const runId = desk.nextId();
    const models = ["z", "a", "m", "a", "z"];
    for (const [index, model] of models.entries()) {
      await desk.setElapsed(index);
      await call(desk, { runId, provider: "openai", model });
    }
    const groups = await desk.ledger.costs(desk.tenant, runId);
    expect(groups.map(({ label, calls }) => `${label.model} ${calls}`)).toEqual(["z 2", "a 2", "m 1"]);
  }),
  databaseCase("counts a call once that was corrected by hand, at its new amount", async (desk) => {
    const runId = desk.nextId();
    const callId = await call(desk, { runId, ...MODEL }, { receipt: receiptOf(5, 6, 7) });
    await desk.correct(callId, 4n);
    await desk.correct(callId, 3n);
    const wanted = {
      calls: 1,
      chargedNanoUsd: 3n,
      inputTokens: 5,
      outputTokens: 6,
      latencyMs: 7,
      inexact: 0,
    };
    expect(await onlyGroup(desk, runId)).toMatchObject(wanted);
  }),
  databaseCase("calls the price of a doubtful call a bound until its bill arrives", async (desk) => {
    const runId = desk.nextId();
    const receipt = { reason: "the connection was lost", latencyMs: 30 };
    const callId = await call(desk, { runId, ...MODEL }, { kind: "doubt", receipt });
    const doubtful = { calls: 1, chargedNanoUsd: 10n, inexact: 1, failures: 1 };
    expect(await onlyGroup(desk, runId)).toMatchObject(doubtful);
    await desk.settle(callId, 4n, { receipt: receiptOf(8, 9, 31) });
    const billed = { calls: 1, chargedNanoUsd: 4n, inexact: 0, failures: 1, inputTokens: 8, latencyMs: 61 };
    expect(await onlyGroup(desk, runId)).toMatchObject(billed);
  }),
  databaseCase("takes an amount that was set by hand for exact, whatever it was before", async (desk) => {
    for (const kind of ["unmeasured", "estimate", "doubt"] as const) {
      const label = { runId: desk.nextId(), ...MODEL };
      const callId = await call(desk, label, { kind });
      await call(desk, label, { kind });
      expect((await onlyGroup(desk, label.runId))?.inexact, kind).toBe(2);
      await desk.correct(callId, 4n);
      await desk.correct(callId, 3n);
      const corrected = { chargedNanoUsd: 13n, inexact: 1 };
      expect(await onlyGroup(desk, label.runId), kind).toMatchObject(corrected);
    }
  }),
  databaseCase("calls the price of an expired call a bound", async (desk) => {
    const runId = desk.nextId();
    await desk.hold(10n, [], { label: { runId, ...MODEL } });
    expect(await desk.ledger.costs(desk.tenant, runId)).toEqual([]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    const expired = { calls: 1, chargedNanoUsd: 10n, inexact: 1, failures: 1 };
    expect(await onlyGroup(desk, runId)).toMatchObject(expired);
  }),
  databaseCase("counts a call of a dead epoch as one that did not end with an answer", async (desk) => {
    const runId = await desk.run();
    await desk.hold(10n, [], { label: { runId, ...MODEL }, epoch: 1 });
    await desk.runs.claim(desk.tenant, runId, { takeOver: true });
    expect(await onlyGroup(desk, runId)).toMatchObject({ calls: 1, failures: 1 });
  }),
  databaseCase("knows by the kind of an entry whether its price is a bound", async (desk) => {
    const rows = [
      ["settle", 0],
      ["void", 0],
      ["recorded", 0],
      ["estimate", 1],
      ["unmeasured", 1],
      ["doubt", 1],
    ] as const;
    for (const [kind, inexact] of rows) {
      const runId = desk.nextId();
      await call(desk, { runId, ...MODEL }, { kind });
      expect((await onlyGroup(desk, runId))?.inexact, kind).toBe(inexact);
    }
  }),
  databaseCase("counts calls that did not end with an answer", async (desk) => {
    const runId = desk.nextId();
    const label = { runId, ...MODEL };
    await call(desk, label, { kind: "void", costNanoUsd: 0n, receipt: { reason: "429" } });
    await call(desk, label, { kind: "estimate", receipt: { reason: "cut off" } });
    await call(desk, label, { receipt: receiptOf(1, 1, 1) });
    expect(await onlyGroup(desk, runId)).toMatchObject({ calls: 3, failures: 2, inexact: 1 });
  }),
  databaseCase("takes nothing from a receipt that is no count", async (desk) => {
    const runId = desk.nextId();
    const label = { runId, ...MODEL };
    const odd = ["12", -1, 1.5, 2 ** 53, 1e300, null, true, { tokens: 5 }, [5], ""];
    for (const value of odd) await call(desk, label, { receipt: receiptOf(value, value, value) });
    for (const usage of ["12", 12, null, [1, 2], { input: 5 }])
      await call(desk, label, { receipt: { usage } });
    await call(desk, label, { receipt: {} });
    expect(await onlyGroup(desk, runId)).toMatchObject({ calls: odd.length + 6, ...NOTHING });
    await call(desk, label, { receipt: receiptOf(3, 2 ** 53 - 1, 1e3) });
    const counts = { inputTokens: 3, outputTokens: 2 ** 53 - 1, latencyMs: 1_000 };
    expect(await onlyGroup(desk, runId)).toMatchObject(counts);
  }),
  databaseCase("adds charges up that no double can count", async (desk) => {
    const runId = desk.nextId();
    const costNanoUsd = 9_007_199_254_740_993n;
    for (let calls = 0; calls < 3; calls += 1) await call(desk, { runId, ...MODEL }, { costNanoUsd });
    expect((await onlyGroup(desk, runId))?.chargedNanoUsd).toBe(3n * costNanoUsd);
  }),
  databaseCase("leaves the calls of other runs and tenants out of the costs", async (desk) => {
    const runId = desk.nextId();
    const other = desk.as("initech");
    await call(desk, { runId, ...MODEL });
    await call(desk, { runId: desk.nextId(), ...MODEL });
    await call(desk, MODEL);
    await call(other, { runId, ...MODEL }, { costNanoUsd: 7n });
    expect(await onlyGroup(desk, runId)).toMatchObject({ calls: 1, chargedNanoUsd: 10n });
    expect(await onlyGroup(other, runId)).toMatchObject({ calls: 1, chargedNanoUsd: 7n });
    expect(await desk.ledger.costs(desk.tenant, desk.nextId())).toEqual([]);
  }),
  databaseCase("keeps a bill that was recorded around the door as a settled one", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(0n, ["user"], { label: { runId: desk.nextId(), ...MODEL } });
    expect(await desk.settle(callId, 12n, { kind: "recorded" })).toMatchObject({ code: "settled" });
    expect(await desk.settle(callId, 12n, { kind: "recorded" })).toMatchObject({ code: "replay" });
    expect(await desk.entriesOf(callId)).toMatchObject([{ kind: "recorded", inDoubt: false }]);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 12n, overrunNanoUsd: 12n });
  }),
];
