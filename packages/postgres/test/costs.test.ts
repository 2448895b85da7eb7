import { expect, test } from "vitest";
import { asks, bills, newId, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();

/** Ten thousand entries of one run over 50 steps and 20 checkpoints, with receipts as large as real ones. */
const FILL = `insert into wflo.entry (
  tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, run_id,
  step, agent, checkpoint_id, provider, model, receipt, input_tokens, output_tokens, latency_ms
)
select 't', ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), case when n % 100 = 0 then 'doubt' else 'settle' end, '{}', '{}', '{}', '{}', 10, 5, 0, 5,
  now(), $1, 'step ' || n % 50, 'agent ' || n % 5, 'checkpoint ' || n / 500, 'openai', 'gpt-test',
  jsonb_build_object('note', repeat(md5(n::text), 15)), 100, 7, 3
from generate_series(0, 9999) n`;

test("adds up ten thousand entries (the time is printed, not judged)", { timeout: 120_000 }, async () => {
  const runId = newId();
  await files.query(FILL, [runId]);
  const { ledger } = files.open();
  const groups = await ledger.costs("t", runId);
  expect(groups).toHaveLength(1_000);
  const sum = (field: "calls" | "inputTokens" | "outputTokens" | "latencyMs" | "inexact"): number =>
    groups.reduce((total, group) => total + group[field], 0);
  expect([sum("calls"), sum("inputTokens"), sum("outputTokens"), sum("latencyMs"), sum("inexact")]).toEqual([
    10_000, 1_000_000, 70_000, 30_000, 100,
  ]);
  expect(groups[0]?.label).toMatchObject({ step: "step 0", checkpointId: "checkpoint 0" });
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const start = performance.now();
    await ledger.costs("t", runId);
    times.push(performance.now() - start);
  }
  console.info(`costs of 10,000 entries: median ${times.toSorted((a, b) => a - b)[10]?.toFixed(1)} ms`);
});

test("settles and adds up whatever a receipt says", async () => {
  const { ledger, runs } = files.open();
  const runId = newId();
  await runs.create("t", starts(runId));
  const receipts: readonly Record<string, unknown>[] = [
    { usage: { inputTokens: 3, outputTokens: 4 }, latencyMs: 5 },
    { usage: { inputTokens: "3", outputTokens: 1e300 }, latencyMs: Number.NaN },
    { usage: { inputTokens: -1, outputTokens: 2 ** 53 }, latencyMs: 1.5 },
    { usage: [1, 2], latencyMs: { ms: 3 } },
    { usage: "many", latencyMs: [1], reason: null },
    { usage: null, latencyMs: true, reason: { code: 500 } },
    { usage: { inputTokens: null, outputTokens: {} }, latencyMs: "x".repeat(2_000_000) },
  ];
  for (const receipt of receipts) {
    const call = asks([], 10n, { label: { runId, checkpointId: "c\u0000", provider: "p", model: "m" } });
    await ledger.reserve(call);
    expect(await ledger.settle("t", [bills(call.callId, 1n, { receipt })])).toMatchObject([
      { code: "settled" },
    ]);
  }
  expect(await ledger.costs("t", runId)).toEqual([
    {
      label: { runId, checkpointId: "c\uFFFD", provider: "p", model: "m" },
      calls: 7,
      chargedNanoUsd: 7n,
      inputTokens: 3,
      outputTokens: 4,
      latencyMs: 5,
      failures: 1,
      inexact: 0,
    },
  ]);
});

test("counts a call that failed once, however often its entries say so", async () => {
  const { ledger } = files.open();
  const runId = newId();
  const call = asks([], 10n, { label: { runId, provider: "p", model: "m" } });
  await ledger.reserve(call);
  const failed = { reason: "no answer" };
  await ledger.settle("t", [bills(call.callId, undefined, { kind: "doubt", receipt: failed })]);
  expect(await ledger.costs("t", runId)).toMatchObject([{ calls: 1, failures: 1, inexact: 1 }]);
  await ledger.settle("t", [bills(call.callId, 4n, { receipt: failed })]);
  for (const costNanoUsd of [5n, 6n]) {
    const correction = { callId: call.callId, correctionId: newId(), costNanoUsd, receipt: failed };
    await ledger.correct("t", correction);
  }
  expect(await ledger.costs("t", runId)).toMatchObject([
    { calls: 1, chargedNanoUsd: 6n, failures: 1, inexact: 0 },
  ]);
});
