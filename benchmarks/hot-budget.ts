import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { Child } from "./support/child.ts";
import type { HotResult, HotTask, HotWay } from "./support/hot-budget-worker.ts";
import { hotRowPairs } from "./support/hot-row.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** How many pairs of reserve and settle come through on one hot budget, through the door and by the plain functions, on a real PostgreSQL. */

const WAYS: readonly HotWay[] = ["door", "plain", "select 1"];
const WARM_MS = 500;
const FOR_MS = 2_000;
const SWEEP_EVERY_MS = 100;
/** Processes, and callers in each. */
const LOADS: readonly (readonly [number, number])[] = [
  [1, 1],
  [4, 2],
  [4, 16],
];

type Message = { readonly ready: true } | { readonly result: HotResult };

interface Found {
  readonly pairs: number;
  readonly p50: number;
  readonly p99: number;
}

async function play(
  url: string,
  way: HotWay,
  budgets: readonly string[],
  processes: number,
  callers: number,
): Promise<Found> {
  const task: HotTask = { url, way, budgets, callers, connections: 10, warmMs: WARM_MS, forMs: FOR_MS };
  const children = Array.from(
    { length: processes },
    () => new Child<Message>("./hot-budget-worker.ts", task),
  );
  await Promise.all(children.map((child) => child.message((message) => "ready" in message)));
  for (const child of children) child.send({ go: true });
  const results = await Promise.all(
    children.map(async (child) => {
      const message = await child.message((one) => "result" in one);
      return (message as Extract<Message, { result: HotResult }>).result;
    }),
  );
  const [error] = results.flatMap(({ errors }) => errors);
  if (error !== undefined) throw new Error(error);
  const times = results.flatMap(({ reserveMs }) => reserveMs);
  return {
    pairs: times.length / (FOR_MS / 1_000),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

await runBench("Pairs on one hot budget, PostgreSQL with fsync", 600, async (promises) => {
  const rounds = Number(process.argv[2] ?? 3);
  const server = await startPostgres();
  const wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
  const sweepers = Array.from({ length: 2 }, () => postgres({ url: server.url, max: 1 }));
  const sweeping = setInterval(() => {
    for (const sweeper of sweepers) void sweeper.ledger.expire(100).catch(() => {});
  }, SWEEP_EVERY_MS);
  await wflo.budgets.set({ id: "hot", caps: { day: "100000", month: "1000000" } });
  for (const [processes, callers] of LOADS) {
    const found = new Map<HotWay, Found[]>(WAYS.map((way) => [way, []]));
    const row: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed())
        found.get(way)?.push(await play(server.url, way, ["hot"], processes, callers));
      row.push(await hotRowPairs(server.url, processes * callers, Math.min(40, processes * callers), 1_000));
    }
    const middle = (way: HotWay, of: (one: Found) => number): number =>
      median((found.get(way) ?? []).map(of));
    console.log(`\n${processes} processes, ${callers} callers each:`);
    const plain = middle("plain", ({ pairs }) => pairs);
    printTable(
      ["", "pairs/s", "to plain", "reserve p50 ms", "p99 ms"],
      [
        ...WAYS.map((way) => [
          way,
          middle(way, ({ pairs }) => pairs).toFixed(0),
          (middle(way, ({ pairs }) => pairs) / plain).toFixed(2),
          middle(way, ({ p50 }) => p50).toFixed(2),
          middle(way, ({ p99 }) => p99).toFixed(2),
        ]),
        ["UPDATE of one row, /2", median(row).toFixed(0), (median(row) / plain).toFixed(2), "", ""],
      ],
    );
  }
  clearInterval(sweeping);
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
  const [window] = (await wflo.budgets.get("hot"))?.windows ?? [];
  promises.check("nothing is held at the end", window?.reserved === "0.00", window?.reserved);
  await Promise.all([wflo.close(), ...sweepers.map((sweeper) => sweeper.close())]);
});
