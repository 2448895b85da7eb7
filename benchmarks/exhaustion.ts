import { createWflo, decimalUsd, usd } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { type BudgetLook, BudgetWatch } from "./support/budget-watch.ts";
import { Child } from "./support/child.ts";
import type { ExhaustResult, ExhaustTask } from "./support/exhaust-worker.ts";
import { hotRowPairs } from "./support/hot-row.ts";
import type { LoadKind } from "./support/load.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** Four processes with sixteen callers each spend one budget to its end on a real PostgreSQL. */

const PROCESSES = 4;
const CALLERS = 16;
const LOOK_EVERY_MS = 25;
/** Of each process; wflo's default. */
const CONNECTIONS = 10;
const REFERENCE_MS = 1_000;

interface Scene {
  readonly name: string;
  readonly kind: LoadKind;
  readonly cap: string;
}

const SCENES: readonly Scene[] = [
  { name: "many calls, money mostly plentiful", kind: "mixed", cap: "30" },
  { name: "big holds and small bills, money short from the start", kind: "big", cap: "3" },
];

type Message = { readonly ready: true } | { readonly result: ExhaustResult };

interface Played {
  readonly results: readonly ExhaustResult[];
  readonly seconds: number;
  readonly watch: BudgetWatch;
  readonly end: BudgetLook;
}

async function play(url: string, scene: Scene, seed: number, connections: number): Promise<Played> {
  const budget = `exhaust/${scene.kind}`;
  const task = { url, budget, connections, callers: CALLERS, kind: scene.kind };
  const children = Array.from({ length: PROCESSES }, (_, at) => {
    const own: ExhaustTask = { ...task, seed: seed + at };
    return new Child<Message>("./exhaust-worker.ts", own);
  });
  await Promise.all(children.map((child) => child.message((message) => "ready" in message)));
  const watch = await BudgetWatch.open(url, budget);
  watch.start(LOOK_EVERY_MS);
  const started = performance.now();
  for (const child of children) child.send({ go: true });
  const results = await Promise.all(
    children.map(async (child) => {
      const message = await child.message((one) => "result" in one);
      return (message as Extract<Message, { result: ExhaustResult }>).result;
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await watch.stop();
  return { results, seconds, watch, end: await watch.look() };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function check(promises: Promises, scene: Scene, played: Played): void {
  const { results, watch, end } = played;
  const refusals = results.flatMap((result) => result.refusals);
  const wrong = refusals.filter(
    ({ needed, cap, spent }) => usd(needed).nanoUsd <= usd(cap).nanoUsd - usd(spent).nanoUsd,
  );
  const needs = refusals.map(({ needed }) => usd(needed).nanoUsd).toSorted((a, b) => (a < b ? -1 : 1));
  const smallest = needs[0] ?? 0n;
  const left = end.cap - end.spent;
  const charged = results.reduce((total, result) => total + BigInt(result.chargedNanoUsd), 0n);
  const errors = results.flatMap((result) => result.errors);
  console.log(`\n${scene.name}:`);
  promises.check("spent + reserved never over the cap", watch.overCap.length === 0, `${watch.looks} looks`);
  promises.check("row = entries + holds at every look", watch.unequal.length === 0);
  promises.check(
    "entries = row = what the callers were told",
    end.entries === end.spent && charged === end.spent,
  );
  promises.check("nothing is held at the end", end.reserved === 0n && end.openHolds === 0);
  promises.check("no overrun", end.overrun === 0n);
  promises.check("affordable calls refused: 0", wrong.length === 0, `${refusals.length} refusals`);
  const detail = `left $${decimalUsd(left)}, smallest need refused $${decimalUsd(smallest)}`;
  promises.check("what is left is less than the smallest need refused", left < smallest, detail);
  const busy = results.flatMap((result) => result.busy);
  promises.check(
    "BudgetBusyError: 0",
    busy.length === 0,
    busy.length === 0 ? "" : `${busy.length}, as ${busy[0]}`,
  );
  promises.check("other errors: 0", errors.length === 0, errors[0]);
}

await runBench(
  "One budget spent to its end by 4 processes x 16 callers, PostgreSQL with fsync",
  60,
  async (promises) => {
    const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
    const connections = Number(process.argv[3] ?? CONNECTIONS);
    const server = await startPostgres();
    const wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
    const played: [Scene, Played][] = [];
    const reference: number[] = [];
    const measureReference = async (): Promise<void> => {
      const { url } = server;
      reference.push(await hotRowPairs(url, PROCESSES * CALLERS, PROCESSES * connections, REFERENCE_MS));
    };
    await measureReference();
    for (const scene of SCENES) {
      await wflo.budgets.set({ id: `exhaust/${scene.kind}`, caps: { total: scene.cap } });
      played.push([scene, await play(server.url, scene, seed, connections)]);
      await measureReference();
    }
    const pairs = median(reference);
    printTable(
      ["scene", "calls", "calls/s", "ratio", "reserve ms p50", "p99", "max", "calls that waited", "refusals"],
      played.map(([{ name }, { results, seconds }]) => {
        const waits = results.flatMap(({ waitsMs }) => waitsMs);
        const calls = sum(results.map((result) => result.calls));
        const times = [0.5, 0.99, 1].map((share) => percentile(waits, share).toFixed(1));
        const waited = sum(results.map((result) => result.waited));
        return [
          name,
          calls,
          (calls / seconds).toFixed(0),
          (calls / seconds / pairs).toFixed(2),
          ...times,
          waited,
          sum(results.map((r) => r.refusals.length)),
        ];
      }),
    );
    console.log(
      `ratio: to ${pairs.toFixed(0)}/s pairs of plain UPDATEs of one row by as many callers, median of 3`,
    );
    for (const [scene, one] of played) check(promises, scene, one);
    promises.check(
      "wflo.budgets.reconcile() finds nothing",
      (await wflo.budgets.reconcile()).isExact,
      `seed ${seed}`,
    );
    await wflo.close();
  },
);
