import { createPricing, type PricedCost, type Usage } from "@wflo/core";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";

/** What a price takes: its arithmetic, the reading of an answer, the loading of the price list, and the bytes of core with and without it. */

const ROUNDS = 61;
const IN_A_ROUND = 2_000;
const LOADS = 9;
const COST_US = 5;
const LOAD_MS = 80;
const LOAD_MB = 25;

const USAGE: Usage = { inputTokens: 1_200, cachedInputTokens: 400, outputTokens: 300, reasoningTokens: 100 };
const CHAT = {
  object: "chat.completion",
  model: "gpt-4.1-nano-2025-04-14",
  choices: [{ message: { content: "Hi" } }],
  usage: {
    prompt_tokens: 1_200,
    completion_tokens: 300,
    total_tokens: 1_500,
    prompt_tokens_details: { cached_tokens: 400 },
  },
};

/** Microseconds of one: the middle of rounds, by the process's own time on the processor, which other processes do not stretch. */
function microseconds(work: () => PricedCost): number {
  for (let at = 0; at < IN_A_ROUND * 5; at += 1) work();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let at = 0; at < IN_A_ROUND; at += 1) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / IN_A_ROUND;
  });
  return median(rounds);
}

/** Milliseconds and megabytes that the first price takes in a process of its own, which has core already. */
function firstPrice(): { readonly ms: number; readonly mb: number } {
  const code = `
    import { createPricing } from "@wflo/core";
    const pricing = createPricing();
    globalThis.gc();
    const [memory, cpu] = [process.memoryUsage(), process.cpuUsage()];
    pricing.cost({ provider: "openai", model: "gpt-4.1", usage: { inputTokens: 1, outputTokens: 1 } });
    const { user, system } = process.cpuUsage(cpu);
    const { rss, heapUsed } = process.memoryUsage();
    // Pages that the process has already may be used again: the larger tells.
    const bytes = Math.max(rss - memory.rss, heapUsed - memory.heapUsed);
    console.log(JSON.stringify({ ms: (user + system) / 1000, mb: bytes / 1e6 }));`;
  const args = ["--expose-gc", "--input-type=module", "--eval", code];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as { ms: number; mb: number };
}

/** Bytes of core as it is published, and of the price list in it. */
function bytes(): { readonly core: Buffer; readonly prices: Buffer } {
  const root = join(import.meta.dirname, "../packages/core");
  const core = readFileSync(join(root, "dist/index.js"));
  const source = readFileSync(join(root, "src/pricing/rates/price-data.ts"), "utf8");
  return { core, prices: Buffer.from(/text: `([\s\S]*)`,/.exec(source)?.[1] ?? "") };
}

await runBench("what a price takes", 120, async () => {
  const pricing = createPricing();
  const ask = (model: string, serviceTier?: string) => () =>
    pricing.cost({ provider: "openai", model, usage: USAGE, ...(serviceTier ? { serviceTier } : {}) });
  const plain = microseconds(ask("gpt-4.1-nano"));
  printTable(
    ["what", "microseconds"],
    [
      ["cost of a usage", plain.toFixed(2)],
      ["cost at a flex tier", microseconds(ask("gpt-5", "flex")).toFixed(2)],
      ["cost at prices that changed", microseconds(ask("gpt-5.6-sol")).toFixed(2)],
      [
        "cost of a usage with its receipt",
        microseconds(() => {
          const cost = ask("gpt-4.1-nano")();
          return cost.receipt ? cost : cost;
        }).toFixed(2),
      ],
      [
        "cost of a chat answer",
        microseconds(() => pricing.costOfResponse({ provider: "openai", body: CHAT })).toFixed(2),
      ],
    ],
  );
  console.log(`target of the first: under ${COST_US}`);

  const loads = Array.from({ length: LOADS }, firstPrice);
  const [ms, mb] = [median(loads.map((load) => load.ms)), median(loads.map((load) => load.mb))];
  console.log(
    `\nthe first price of a process: ${ms.toFixed(1)} ms, ${mb.toFixed(1)} MB (${LOADS} processes)`,
  );
  console.log(`target: under ${LOAD_MS} ms and ${LOAD_MB} MB`);

  const { core, prices } = bytes();
  const kb = (count: number) => (count / 1_000).toFixed(0);
  const without = core.byteLength - prices.byteLength;
  const zipped = gzipSync(core).byteLength;
  const zippedPrices = gzipSync(prices).byteLength;
  console.log("");
  printTable(
    ["core as published", "KB", "KB zipped"],
    [
      ["with the price list", kb(core.byteLength), kb(zipped)],
      ["without", kb(without), kb(zipped - zippedPrices)],
    ],
  );
});
