import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { recordRequests, type Recording } from "./support/recorded-requests.ts";
import { replayEstimates, type Judged, type Stage } from "./support/replay-estimates.ts";
import { runBench } from "./support/run-bench.ts";
import { boundTexts, TOKENIZERS } from "./support/text-bounds.ts";
import { timeEstimates } from "./support/time-estimates.ts";

/** How far the bound of a request's input is above what it turns out to be, at each stage of estimation, and what bounding takes. */

const STAGES: readonly Stage[] = [
  { name: "bytes", learns: false, counts: false },
  { name: "anchor", learns: true, counts: false },
  { name: "tokenizer", learns: false, counts: true },
  { name: "anchor, tokenizer", learns: true, counts: true },
];

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
  const texts = await boundTexts();
  printTable(
    ["bound by bytes / tokens of 4 KB", ...TOKENIZERS],
    texts.map(({ kind, ratios }) => [kind, ...ratios.map((ratio) => ratio.toFixed(2))]),
  );
  console.log();
  printTable(["request", "us of its estimate, median", "least"], await timeEstimates());
  console.log();
  const below = all.filter(({ bound, actual }) => !(bound >= actual));
  promises.check("no bound is below what was billed", below.length === 0, `${all.length} bounds`);
  const worst = Math.min(...texts.flatMap(({ ratios }) => ratios));
  promises.check("no text has more tokens than its bound", worst >= 1, `least ${worst.toFixed(2)}`);
  const methods = (stage: string) =>
    new Set(all.filter((one) => one.stage === stage).map((one) => one.method));
  const isReached = ["bytes", "anchor", "tokens"].every((method, at) =>
    methods(STAGES[at]?.name ?? "").has(method),
  );
  promises.check("each stage was reached", isReached && methods("bytes").size === 1);
});
