import { createWflo, type GuardRequest, type Wflo } from "@wflo/core";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { recordRequests, type Recording } from "./support/recorded-requests.ts";
import { replayEstimates, type Judged, type Stage } from "./support/replay-estimates.ts";
import { runBench } from "./support/run-bench.ts";
import { turn } from "./support/turn.ts";

/** How far the bound of a request's input is above what it turns out to be, at each stage of estimation, and what bounding takes. */

const STAGES: readonly Stage[] = [
  { name: "bytes", learns: false, counts: false },
  { name: "anchor", learns: true, counts: false },
  { name: "tokenizer", learns: false, counts: true },
  { name: "anchor, tokenizer", learns: true, counts: true },
];
const ROUNDS = 41;

function rowOf(recording: Recording, stage: Stage, judged: readonly Judged[]): readonly (string | number)[] {
  const ratios = judged.map(({ bound, actual }) => bound / actual);
  const total = (field: "bound" | "actual") => judged.reduce((sum, one) => sum + one[field], 0);
  return [
    stage === STAGES[0] ? recording.name : "",
    stage.name,
    judged.length,
    median(judged.map(({ actual }) => actual)),
    median(ratios).toFixed(2),
    Math.max(...ratios).toFixed(2),
    Math.min(...ratios).toFixed(2),
    (total("bound") / total("actual")).toFixed(2),
  ];
}

interface Size {
  readonly name: string;
  readonly parts: readonly string[];
}

const SENTENCE = "The quick brown fox jumps over the lazy dog; 0123456789. ";
const SIZES: readonly Size[] = [
  { name: "one text of 4 KB", parts: [SENTENCE.repeat(72)] },
  {
    name: "40 messages of 600 bytes",
    parts: Array.from({ length: 40 }, (_, at) => `${at}${SENTENCE.repeat(10)}`),
  },
  {
    name: "10,000 messages of 60 bytes",
    parts: Array.from({ length: 10_000 }, (_, at) => `${at}${SENTENCE}`),
  },
  { name: "one text of 5 MB", parts: [SENTENCE.repeat(88_000)] },
];

/** Milliseconds of one call, whose attempt is nothing. */
async function timeCall(wflo: Wflo, request: GuardRequest): Promise<number> {
  const started = performance.now();
  await wflo.guardCall(request, async () => ({ value: 0, outcome: { kind: "rejected", reason: "timed" } }));
  const tookMs = performance.now() - started;
  await turn();
  return tookMs;
}

/** What the estimate takes: a call with one beside the same call with `hold`, in turn. */
async function timeEstimates(): Promise<void> {
  const wflo = createWflo({ logger: false });
  const rows: (readonly [string, string, string])[] = [];
  for (const { name, parts } of SIZES) {
    const request = { provider: "openai", model: "gpt-4.1", parts };
    const [held, estimated]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      held.push(await timeCall(wflo, { ...request, hold: "0.01" }));
      estimated.push(await timeCall(wflo, request));
    }
    const ms = median(estimated) - median(held);
    rows.push([name, ms.toFixed(3), (Math.min(...estimated) - Math.min(...held)).toFixed(3)]);
  }
  await wflo.close();
  printTable(["request", "ms of its estimate, median", "least"], rows);
}

await runBench("Bound / actual of a request's input tokens", 120, async (promises) => {
  const rows: (readonly (string | number)[])[] = [];
  const all: (Judged & { readonly stage: string })[] = [];
  for (const recording of await recordRequests()) {
    let byBytes: readonly Judged[] | undefined;
    for (const stage of STAGES) {
      const judged = await replayEstimates(recording, stage, byBytes);
      byBytes ??= judged;
      all.push(...judged.map((one) => ({ ...one, stage: stage.name })));
      rows.push(rowOf(recording, stage, judged));
    }
  }
  printTable(["work", "stage", "requests", "tokens", "median", "worst", "least", "all together"], rows);
  console.log();
  await timeEstimates();
  console.log();
  const below = all.filter(({ bound, actual }) => !(bound >= actual));
  promises.check("no bound is below what was billed", below.length === 0, `${all.length} bounds`);
  const methods = (stage: string) =>
    new Set(all.filter((one) => one.stage === stage).map((one) => one.method));
  const isReached = ["bytes", "anchor", "tokens"].every((method, at) =>
    methods(STAGES[at]?.name ?? "").has(method),
  );
  promises.check("each stage was reached", isReached && methods("bytes").size === 1);
});
