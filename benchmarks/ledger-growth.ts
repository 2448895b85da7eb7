import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { openWay, type OpenWay } from "./support/hot-ways.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** Is a reserve slower on a ledger of millions of entries than on an empty one? Two databases of one server, in turn. */

interface Side {
  readonly name: string;
  readonly wflo: Wflo;
  readonly way: OpenWay;
}

const CHUNK = 250_000;
const PAIRS = 150;
const TOGETHER = 16;
const BUDGETS = 1_000;

/** Entries of closed calls, as settles write them: new ids at the end, over many budgets and runs. */
const FILL = `
  insert into wflo.entry (tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total,
    at, run_id, provider, model, receipt)
  select 'default', wflo.uuid7(), gen_random_uuid(), 'settle', array[b], array[b], array['total'], array['-infinity'::timestamptz], 1000, 500, 0,
    500, wflo.now(), gen_random_uuid(), 'openai', 'gpt-4.1', '{"usage": {"inputTokens": 812, "outputTokens": 214}, "latencyMs": 1834}'
  from generate_series(1, $1) n, lateral (select 'user/' || (n % ${BUDGETS}) as b) x`;

/** Every budget has been used before, and its window is what its entries add up to. */
const BOOK = `
  insert into wflo.budget_window (tenant, id, kind, start, cap, spent, reserved, overrun)
  select b.tenant, b.id, 'total', '-infinity', b.cap_total, coalesce(e.charged, 0), 0, 0
  from wflo.budget b
  left join (select window_budget_ids[1] as id, sum(charged) as charged from wflo.entry group by 1) e on e.id = b.id`;

await runBench("A reserve beside millions of entries, PostgreSQL with fsync", 3_600, async (promises) => {
  const entries = Number(process.argv[2] ?? 5_000_000);
  const rounds = Number(process.argv[3] ?? 9);
  const server = await startPostgres();
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const sides: Side[] = [];
  for (const [name, size] of [
    ["none", 0],
    ["filled", entries],
  ] as const) {
    await admin.query(`create database ${name}`);
    const url = server.url.replace(/postgres$/, name);
    const wflo = createWflo({ database: postgres({ url, max: 2 }), logger: false });
    for (let at = 0; at < BUDGETS; at += 1)
      await wflo.budgets.set({ id: `user/${at}`, caps: { total: "1000" } });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (let written = 0; written < size; written += CHUNK)
      await client.query(FILL, [Math.min(CHUNK, size - written)]);
    await client.query(BOOK);
    await client.query("vacuum analyze");
    await client.query("checkpoint");
    await client.end();
    sides.push({
      name: size === 0 ? "no entries" : `${entries} entries`,
      wflo,
      way: await openWay("ledger", url, 4),
    });
  }

  const found = new Map(sides.map(({ name }) => [name, { lone: [] as number[], together: [] as number[] }]));
  const pair = (way: OpenWay) => way.pair([`user/${Math.floor(Math.random() * BUDGETS)}`]);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, way } of round % 2 === 0 ? sides : sides.toReversed()) {
      for (let at = 0; at < PAIRS; at += 1) found.get(name)?.lone.push(await pair(way));
      for (let at = 0; at < PAIRS / TOGETHER; at += 1) {
        const times = await Promise.all(Array.from({ length: TOGETHER }, () => pair(way)));
        found.get(name)?.together.push(...times);
      }
      await sleep(50);
    }
  }
  printTable(
    ["", "reserve alone p50 ms", "p99", `${TOGETHER} at once p50 ms`, "p99"],
    Array.from(found, ([name, { lone, together }]) => [
      name,
      ...[lone, together].flatMap((times) => [median(times).toFixed(2), percentile(times, 0.99).toFixed(2)]),
    ]),
  );
  for (const { name, wflo } of sides) {
    promises.check(`the books are right with ${name}`, (await wflo.budgets.reconcile()).isExact);
    await wflo.close();
  }
  for (const { way } of sides) await way.close();
  await admin.end();
});
