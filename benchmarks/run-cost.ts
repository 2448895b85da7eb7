import { type CostBreakdown, type Database, decimalUsd, memoryDatabase } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import pg from "pg";
import { type CostlyRun, playCostlyRun } from "./support/costly-run.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** How long `run.cost()` of a run with 10,000 calls takes, and whether it is right. */

const LOOKS = 50;
const WARM_UP = 3;
const MOST_MS = 50;
/** Names that a breakdown has: five agents, three models, two tools. */
const NAMES = { agents: 5, models: 3, tools: 2, steps: 100 };

/** Beside `cost()`, in turn with it; undefined where the store has no such thing. */
type Reference = ((runId: string) => Promise<unknown>) | undefined;

interface Figures {
  readonly store: string;
  readonly fillMs: number;
  readonly costMs: number[];
  readonly referenceMs: number[];
}

function isRight(cost: CostBreakdown, made: CostlyRun): boolean {
  const { calls, total, abandoned, agents, models, tools, steps, branches } = cost;
  const names = [agents.length, models.length, tools.length, steps.length].join();
  return (
    calls === made.calls &&
    total === decimalUsd(made.nanoUsd) &&
    abandoned === decimalUsd(made.abandonedNanoUsd) &&
    names === [NAMES.agents, NAMES.models, NAMES.tools, NAMES.steps].join() &&
    branches.filter((branch) => branch.abandoned).length === made.rollbacks
  );
}

async function measure(
  promises: Promises,
  store: string,
  database: Database,
  reference?: Reference,
): Promise<Figures> {
  const started = performance.now();
  const figures: Figures = { store, fillMs: 0, costMs: [], referenceMs: [] };
  let fillMs = 0;
  await playCostlyRun(database, async (run, wflo, made) => {
    fillMs = performance.now() - started;
    const timed = async (work: () => Promise<unknown>, into: number[]): Promise<void> => {
      const before = performance.now();
      await work();
      into.push(performance.now() - before);
    };
    for (let at = 0; at < WARM_UP; at += 1) await run.cost();
    for (let at = 0; at < LOOKS; at += 1) {
      const works = [
        () => timed(() => run.cost(), figures.costMs),
        () => timed(async () => reference?.(run.id), figures.referenceMs),
      ];
      for (const work of at % 2 === 0 ? works : works.toReversed()) await work();
    }
    const cost = await run.cost();
    const detail = `${made.calls} calls, ${made.steps} steps, ${made.checkpoints} checkpoints, ${cost.rows.length} rows, ${cost.total} USD`;
    promises.check(`${store}: totals, branches and names are right`, isRight(cost, made), detail);
    await wflo.flush();
  });
  await database.close();
  return { ...figures, fillMs };
}

async function onPostgres(promises: Promises): Promise<Figures> {
  const server = await startPostgres();
  // Only filling would be slow otherwise; nothing is written while costs are read.
  const pool = new pg.Pool({ connectionString: server.url, max: 8, options: "-c synchronous_commit=off" });
  const reference = (runId: string): Promise<unknown> =>
    pool.query("select count(*), sum(charged) from wflo.entry where tenant = 'default' and run_id = $1", [
      runId,
    ]);
  const figures = await measure(promises, "PostgreSQL", postgres({ pool }), reference);
  await pool.end();
  return figures;
}

await runBench("run.cost() of 10,000 calls", 240, async (promises) => {
  const all = [
    await onPostgres(promises),
    await measure(promises, "PGlite in memory", pglite()),
    await measure(promises, "memory", memoryDatabase()),
  ];
  console.log();
  printTable(
    ["store", "filled in s", "cost() ms, median", "p95", "count and sum in SQL", "ratio"],
    all.map(({ store, fillMs, costMs, referenceMs }) => {
      const isCompared = store === "PostgreSQL";
      return [
        store,
        (fillMs / 1_000).toFixed(1),
        median(costMs).toFixed(1),
        percentile(costMs, 0.95).toFixed(1),
        isCompared ? median(referenceMs).toFixed(1) : "",
        isCompared ? (median(costMs) / median(referenceMs)).toFixed(1) : "",
      ];
    }),
  );
  const found = median(all[0]?.costMs ?? []);
  console.log(
    `\nPostgreSQL: ${found.toFixed(1)} ms (target: under ${MOST_MS}; ${found < MOST_MS ? "met" : "MISSED"})`,
  );
});
