import { createWflo, type Run, type Wflo } from "@wflo/core";
import { type PgPool, postgres } from "@wflo/postgres";
import pg from "pg";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** What a step, a step with a paid call, and a checkpoint cost beside a bare INSERT of the same result. */

const ROUNDS = 400;
const WARM_UP = 40;
/** A run tells every 5 s that it lives: these statements belong to no step. */
const HEARTBEAT_MS = 5_000;
const RESULT = { topic: "bees", words: ["hive", "queen", "drone"], pages: 3, found: "x".repeat(200) };
const CALL = { provider: "openai", model: "gpt-4.1-nano", parts: ["A prompt. ".repeat(40)] };
const ANSWER = { value: RESULT, usage: { inputTokens: 120, outputTokens: 80 } };

/** A pool that counts what is asked of it. */
function counting(pool: pg.Pool): { readonly pool: PgPool; readonly asked: () => number } {
  let asked = 0;
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  pool.query = ((...args: unknown[]) => {
    asked += 1;
    return query(...args);
  }) as typeof pool.query;
  return { pool, asked: () => asked };
}

interface Case {
  readonly name: string;
  /** Statements that it may take: the reserve of a call, and one commit. */
  readonly statements: number;
  act(run: Run<undefined>, wflo: Wflo, at: number): Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    name: "run.step",
    statements: 1,
    act: (run, _, at) => run.step({ name: "step", key: at }, () => RESULT),
  },
  {
    name: "run.step with a paid call",
    statements: 2,
    act: (run, wflo, at) =>
      run.step({ name: "paid", key: at }, () => wflo.guardCall(CALL, async () => ANSWER)),
  },
  {
    name: "run.checkpoint",
    statements: 1,
    act: (run, _, at) => run.checkpoint("state", { ...RESULT, turn: at }, { strict: true }),
  },
];

interface Timed {
  readonly ms: number[];
  statements: number;
}

async function measure(pool: pg.Pool, isBudgeted: boolean): Promise<Map<string, Timed>> {
  const counted = counting(pool);
  const wflo = createWflo({ database: postgres({ pool: counted.pool }), logger: false });
  const found = new Map<string, Timed>();
  const time = async (name: string, isWarm: boolean, work: () => Promise<unknown>): Promise<void> => {
    const one = found.get(name) ?? { ms: [], statements: 0 };
    found.set(name, one);
    const [asked, started] = [counted.asked(), performance.now()];
    await work();
    const ms = performance.now() - started;
    // What leaves behind its back must not be counted, nor paid for, by the next.
    await wflo.flush();
    if (!isWarm) return;
    one.ms.push(ms);
    one.statements += counted.asked() - asked;
  };
  const text = JSON.stringify(RESULT);
  await wflo.run(isBudgeted ? { budget: 1_000 } : {}, async (run) => {
    for (let at = 0; at < WARM_UP + ROUNDS; at += 1) {
      const insert = (): Promise<unknown> =>
        pool.query("insert into bare (run_id, path, result) values ($1, $2, $3)", [
          run.id,
          `step:${at}`,
          text,
        ]);
      const works = [
        () => time("bare INSERT", at >= WARM_UP, insert),
        ...CASES.map((one) => () => time(one.name, at >= WARM_UP, () => one.act(run, wflo, at))),
      ];
      // Each comes first in its turn.
      const turn = at % works.length;
      for (const work of [...works.slice(turn), ...works.slice(0, turn)]) await work();
    }
  });
  return found;
}

function print(title: string, found: ReadonlyMap<string, Timed>): void {
  const bare = median(found.get("bare INSERT")?.ms ?? []);
  console.log(`${title}:`);
  printTable(
    ["", "median ms", "p95", "ratio", "ms more", "statements"],
    Array.from(found, ([name, { ms, statements }]) => [
      name,
      median(ms).toFixed(2),
      percentile(ms, 0.95).toFixed(2),
      (median(ms) / bare).toFixed(2),
      (median(ms) - bare).toFixed(2),
      (statements / ms.length).toFixed(2),
    ]),
  );
  console.log();
}

function check(promises: Promises, found: ReadonlyMap<string, Timed>, tookMs: number): void {
  const heartbeats = Math.ceil(tookMs / HEARTBEAT_MS);
  for (const { name, statements } of CASES) {
    const seen = found.get(name)?.statements ?? 0;
    const detail = `${seen} in ${ROUNDS}`;
    promises.check(`${name}: ${statements} a time`, seen <= statements * ROUNDS + heartbeats, detail);
  }
  console.log();
}

await runBench("A step beside a bare INSERT, PostgreSQL with fsync", 120, async (promises) => {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  await pool.query(
    "create table bare (run_id uuid not null, path text not null, result text not null, primary key (run_id, path))",
  );
  for (const isBudgeted of [false, true]) {
    const title = isBudgeted ? "in a run with a budget" : "in a run without a budget";
    const started = performance.now();
    const found = await measure(pool, isBudgeted);
    print(title, found);
    check(promises, found, performance.now() - started);
  }
  await pool.end();
});
