import { createWflo, type GuardRequest, type Wflo } from "@wflo/core";
import { Collector } from "./support/collector.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { turn } from "./support/turn.ts";

/** What the door adds to a call whose attempt answers at once, on the store in memory. */

const ROUNDS = 9;
const WARM_UP_CALLS = 3_000;
const CALLS_PER_ROUND = 2_000;
const TARGET_US = 30;
const PROMPT = "The quick brown fox jumps over the lazy dog; 0123456789. ".repeat(80).slice(0, 4_096);
const ANSWER = {
  value: "Yes.",
  outcome: { kind: "answered", usage: { inputTokens: 1_100, outputTokens: 200 } },
} as const;

/** `around` runs the calls where they belong, such as inside a run. */
interface Case {
  readonly name: string;
  readonly request: GuardRequest;
  readonly wflo: Wflo;
  readonly around: (calls: () => Promise<void>) => Promise<void>;
  readonly callerUs: number[];
  readonly medians: number[];
  allInUs: number[];
  gcMs: number;
}

const REQUEST: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1-nano",
  parts: [{ kind: "text", text: PROMPT }],
};

async function client(budgets: number): Promise<Wflo> {
  const wflo = createWflo({ logger: false, settle: "background" });
  for (let at = 0; at < budgets; at += 1)
    await wflo.budgets.set({ id: `budget-${at}`, caps: { total: 1_000_000 } });
  return wflo;
}

async function caseOf(
  name: string,
  budgets: number,
  around: (wflo: Wflo) => Case["around"] = () => (calls) => calls(),
): Promise<Case> {
  const wflo = await client(budgets);
  const ids = Array.from({ length: budgets }, (_, at) => `budget-${at}`);
  const request = { ...REQUEST, ...(budgets === 0 ? {} : { budgets: ids }) };
  return { name, request, wflo, around: around(wflo), callerUs: [], medians: [], allInUs: [], gcMs: 0 };
}

async function cases(): Promise<readonly Case[]> {
  const inRun = (wflo: Wflo): Case["around"] => {
    return (calls) => wflo.run({ name: "bench", budget: "100000" }, calls);
  };
  return [
    await caseOf("no budget", 0),
    await caseOf("one budget", 1),
    await caseOf("three budgets", 3),
    await caseOf("in a run, its budget and one more", 1, inRun),
    await caseOf("one budget, call-start and call-end heard", 1, (wflo) => {
      let heard = 0;
      wflo.on("call-start", () => void (heard += 1));
      wflo.on("call-end", () => void (heard += 1));
      return (calls) => calls();
    }),
  ];
}

/** Times `count` calls one after the other, in microseconds: what the caller waits, without the attempt's own time. */
async function timeCalls({ wflo, request, around }: Case, count: number): Promise<number[]> {
  const waits: number[] = [];
  await around(async () => {
    for (let at = 0; at < count; at += 1) {
      let inAttempt = 0;
      const before = performance.now();
      await wflo.guardCall(request, async () => {
        const start = performance.now();
        inAttempt = performance.now() - start;
        return ANSWER;
      });
      waits.push((performance.now() - before - inAttempt) * 1_000);
      // Settles leave in a later turn: without one they would pile up, as they never do where calls go over a wire.
      await turn();
    }
  });
  return waits;
}

/** Microseconds of one empty turn with its clock reads, to be taken off the figure for everything. */
async function emptyTurnUs(): Promise<number> {
  const started = performance.now();
  for (let at = 0; at < CALLS_PER_ROUND; at += 1) await turn();
  return ((performance.now() - started) * 1_000) / CALLS_PER_ROUND;
}

async function measureDoor(all: readonly Case[]): Promise<void> {
  const collector = new Collector();
  for (const one of all) await timeCalls(one, WARM_UP_CALLS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of round % 2 === 0 ? all : all.toReversed()) {
      collector.collect();
      const idleUs = await emptyTurnUs();
      await collector.takeSpentMs();
      const started = performance.now();
      const waits = await timeCalls(one, CALLS_PER_ROUND);
      await one.wflo.flush();
      one.allInUs.push(((performance.now() - started) * 1_000) / CALLS_PER_ROUND - idleUs);
      one.gcMs += await collector.takeSpentMs();
      one.medians.push(median(waits));
      one.callerUs.push(...waits);
    }
  }
}

await runBench(
  "The door around a call, store in memory, 4 KB prompt (microseconds)",
  60,
  async (promises) => {
    const all = await cases();
    await measureDoor(all);
    printTable(
      ["case", "median", "p90", "p99", "everything, with settle", "of it collection"],
      all.map((one) => [
        one.name,
        median(one.medians).toFixed(1),
        percentile(one.callerUs, 0.9).toFixed(1),
        percentile(one.callerUs, 0.99).toFixed(1),
        median(one.allInUs).toFixed(1),
        ((one.gcMs * 1_000) / ROUNDS / CALLS_PER_ROUND).toFixed(1),
      ]),
    );
    const slow = all.filter((one) => median(one.medians) >= TARGET_US).map(({ name }) => name);
    console.log(
      `\ntarget: median under ${TARGET_US}; ${slow.length === 0 ? "met" : `missed by: ${slow.join(", ")}`}\n`,
    );
    for (const one of all) {
      const { isExact } = await one.wflo.budgets.reconcile();
      promises.check(`row = entries after every call, ${one.name}`, isExact);
      await one.wflo.close();
    }
  },
);
