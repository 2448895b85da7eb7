import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createWflo, type Database, memoryDatabase } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import pg from "pg";
import {
  countingPuts,
  storedBytes,
  type StoredBytes,
  storedBytesOfFolder,
} from "./support/checkpoint-bytes.ts";
import { GROWING_STATES, type GrowingState, stateText } from "./support/growing-states.ts";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** Runs of 50 and of 500 steps with a checkpoint after each: what ten times the steps cost in bytes, and whether late steps are slow. */

const SHORT = 50;
const LONG = 500;
const MOST_RATIO = 11;
const MOST_SLOWER = 2;
const SEED = 1;

/** Runs of 500 steps whose times are taken, each after the other store's. */
const ROUNDS = 3;

/** What one run took. */
interface Growth {
  readonly stepMs: readonly number[];
  /** True when the last checkpoint gave the state back as it was. */
  readonly isRestored: boolean;
}

async function play(database: Database, shape: GrowingState, steps: number): Promise<Growth> {
  const wflo = createWflo({ database, logger: false });
  const stepMs: number[] = [];
  const { state, turn } = shape.start(new Random(SEED));
  const isRestored = await wflo.run({ name: "growth" }, async (run) => {
    for (let step = 1; step <= steps; step += 1) {
      turn(step);
      const started = performance.now();
      await run.step({ name: "turn", key: step }, () => step);
      await run.checkpoint("state", state, { strict: true });
      stepMs.push(performance.now() - started);
    }
    return isDeepStrictEqual(await run.restore("state"), state);
  });
  await wflo.flush();
  return { stepMs, isRestored };
}

/** The whole state into a row of a table, step by step; returns what each took. */
async function playPlain(pool: pg.Pool, shape: GrowingState, steps: number): Promise<readonly number[]> {
  const stepMs: number[] = [];
  const { state, turn } = shape.start(new Random(SEED));
  for (let step = 1; step <= steps; step += 1) {
    turn(step);
    const started = performance.now();
    await pool.query("insert into plain_state (state) values ($1)", [stateText(state)]);
    stepMs.push(performance.now() - started);
  }
  return stepMs;
}

/** One row of the table. */
interface Row {
  readonly shape: string;
  readonly store: string;
  /** At 50 and at 500 steps. */
  readonly bytes: readonly [number, number];
  readonly rowBytes?: readonly [number, number];
  /** The steps of each round. */
  readonly rounds: readonly (readonly number[])[];
  readonly isRestored?: boolean;
}

function pairOf(
  sizes: readonly StoredBytes[],
): Pick<Row, "bytes" | "rowBytes"> & { rowBytes: [number, number] } {
  const [short, long] = sizes;
  const nan = Number.NaN;
  return {
    bytes: [short?.tables ?? nan, long?.tables ?? nan],
    rowBytes: [short?.rows ?? nan, long?.rows ?? nan],
  };
}

async function onPostgres(url: string, shape: GrowingState): Promise<readonly Row[]> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const database = postgres({ pool });
  await database.migrate();
  await pool.query("create table if not exists plain_state (step serial primary key, state text not null)");
  const ask = async (sql: string): Promise<number> =>
    Number((await pool.query<{ value: string }>(`select (${sql}) as value`)).rows[0]?.value);
  const [sizes, plainSizes]: [StoredBytes[], StoredBytes[]] = [[], []];
  const plays: Growth[] = [];
  const plainRounds: (readonly number[])[] = [];
  for (const steps of [SHORT, ...Array.from({ length: ROUNDS }, () => LONG)]) {
    await pool.query("truncate wflo.checkpoint, wflo.element, wflo.thread, plain_state");
    plays.push(await play(database, shape, steps));
    plainRounds.push(await playPlain(pool, shape, steps));
    sizes.push(await storedBytes(ask));
    plainSizes.push({
      tables: await ask("select pg_total_relation_size('plain_state')"),
      rows: await ask("select sum(pg_column_size(state)) from plain_state"),
    });
  }
  await database.close();
  await pool.end();
  return [
    { shape: shape.name, store: "PostgreSQL", ...pairOf(sizes), ...roundsOf(plays) },
    { shape: "", store: "a row of JSON a step", ...pairOf(plainSizes), rounds: plainRounds.slice(1) },
  ];
}

async function onPGlite(folder: string, shape: GrowingState): Promise<Row> {
  const sizes: StoredBytes[] = [];
  const plays: Growth[] = [];
  for (const steps of [SHORT, LONG]) {
    const data = mkdtempSync(join(folder, "pglite-"));
    const database = pglite(data);
    plays.push(await play(database, shape, steps));
    await database.close();
    sizes.push(await storedBytesOfFolder(data));
    if (steps === LONG) {
      const again = pglite(data);
      for (let round = 1; round < ROUNDS; round += 1) plays.push(await play(again, shape, LONG));
      await again.close();
    }
    rmSync(data, { recursive: true, force: true });
  }
  return { shape: "", store: "PGlite", ...pairOf(sizes), ...roundsOf(plays) };
}

async function inMemory(shape: GrowingState): Promise<Row> {
  const given: number[] = [];
  const plays: Growth[] = [];
  for (const steps of [SHORT, ...Array.from({ length: ROUNDS }, () => LONG)]) {
    const counted = countingPuts(memoryDatabase());
    plays.push(await play(counted.database, shape, steps));
    given.push(counted.given());
  }
  return {
    shape: "",
    store: "memory, characters given",
    bytes: [given[0] ?? 0, given[1] ?? 0],
    ...roundsOf(plays),
  };
}

/** The short run, which comes first, is for the sizes and to warm up. */
function roundsOf(plays: readonly Growth[]): Pick<Row, "rounds"> & { isRestored: boolean } {
  return {
    rounds: plays.slice(1).map(({ stepMs }) => stepMs),
    isRestored: plays.every(({ isRestored }) => isRestored),
  };
}

const ratioOf = ([short, long]: readonly [number, number]): number => long / short;
const kilobytes = (bytes: number): string => (bytes / 1_024).toFixed(0);
const early = (stepMs: readonly number[]): number => median(stepMs.slice(0, SHORT));
const late = (stepMs: readonly number[]): number => median(stepMs.slice(LONG - SHORT));
/** The middle of what the rounds give. */
const overRounds = (rounds: Row["rounds"], of: (stepMs: readonly number[]) => number): number =>
  median(rounds.map(of));
const slower = (rounds: Row["rounds"]): number => overRounds(rounds, (ms) => late(ms) / early(ms));

function print(rows: readonly Row[]): void {
  printTable(
    ["state", "store", "KB at 50", "at 500", "ratio", "ratio of rows", "ms a step, 1-50", "451-500", "late"],
    rows.map(({ shape, store, bytes, rowBytes, rounds }) => [
      shape,
      store,
      kilobytes(bytes[0]),
      kilobytes(bytes[1]),
      ratioOf(bytes).toFixed(2),
      rowBytes === undefined ? "" : ratioOf(rowBytes).toFixed(2),
      overRounds(rounds, early).toFixed(2),
      overRounds(rounds, late).toFixed(2),
      slower(rounds).toFixed(2),
    ]),
  );
}

function check(promises: Promises, rows: readonly Row[]): void {
  const ours = rows.filter(({ isRestored }) => isRestored !== undefined);
  const worst = Math.max(
    ...ours.flatMap(({ bytes, rowBytes = bytes }) => [ratioOf(bytes), ratioOf(rowBytes)]),
  );
  promises.check(
    `ten times the steps take under ${MOST_RATIO} times the bytes`,
    worst < MOST_RATIO,
    worst.toFixed(2),
  );
  promises.check(
    "every last checkpoint gives the state back",
    ours.every(({ isRestored }) => isRestored),
  );
  // A step in memory takes less than the smallest hiccup: it is shown, not judged.
  const stored = ours.filter(({ rowBytes }) => rowBytes !== undefined);
  const slowest = Math.max(...stored.map(({ rounds }) => slower(rounds)));
  const verdict = slowest < MOST_SLOWER ? "met" : "MISSED";
  console.log(
    `on PostgreSQL and PGlite late steps take up to ${slowest.toFixed(2)} times the early ones (target: ${MOST_SLOWER}; ${verdict})`,
  );
}

await runBench("What checkpoints of 500 steps take", 240, async (promises) => {
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), "wflo-bench-growth-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const rows: Row[] = [];
  for (const shape of GROWING_STATES) {
    rows.push(...(await onPostgres(server.url, shape)), await onPGlite(folder, shape), await inMemory(shape));
  }
  print(rows);
  console.log();
  check(promises, rows);
});
