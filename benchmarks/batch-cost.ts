import { createWflo, uuidV7Ids } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** What a batch of the ledger takes of the server: to begin, and for each pair of reserve and settle in it. */

const ROUNDS = Number(process.argv[2] ?? 5);
const SIZES = [1, 8, 16, 64];
const PAIRS_A_ROUND = 2_000;
const SETS = JSON.stringify([{ ids: ["hot"], inherited: [] }]);
/** By the clock of the server, in seconds, around the function alone. */
const NOW = "extract(epoch from clock_timestamp())::float8";
const BATCH = `select ${NOW} as begun, wflo.settle_and_reserve('default', $1, $2, $3) as answer, ${NOW} as ended`;

const ids = uuidV7Ids({ now: () => Date.now() });

function settlementsOf(calls: readonly string[]): string {
  const counts = { input_tokens: 1, output_tokens: 1, latency_ms: 1, failed: false };
  const receipt = { text: "x".repeat(1_000) };
  return JSON.stringify(
    calls.map((call) => ({ call_id: call, id: ids.next(), kind: "settle", cost: "500", ...counts, receipt })),
  );
}

function asksOf(calls: readonly string[]): string {
  const amounts = { bound: "1000", need: "1000", target: "1000", share: 1, ttl: 90_000 };
  return JSON.stringify(calls.map((call) => ({ call, of: 1, ...amounts, provider: "p", model: "m" })));
}

/** The median of batches of so many pairs, in microseconds. Each settles what the one before has reserved. */
async function batchesOf(client: pg.Client, size: number): Promise<number> {
  const took: number[] = [];
  let open: readonly string[] = [];
  for (let pairs = 0; pairs < PAIRS_A_ROUND || took.length < 30; pairs += size) {
    const calls = Array.from({ length: size }, () => ids.next());
    const values = [settlementsOf(open), SETS, asksOf(calls)];
    const { rows } = await client.query<{ begun: number; ended: number }>(BATCH, values);
    for (const { begun, ended } of rows) if (open.length > 0) took.push((ended - begun) * 1e6);
    open = calls;
  }
  await client.query(BATCH, [settlementsOf(open), "[]", "[]"]);
  return median(took);
}

await runBench("A batch of reserves and settles in the server, receipts of 1 KB", 170, async (promises) => {
  const server = await startPostgres();
  const wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
  atEnd(() => wflo.close());
  await wflo.budgets.set({ id: "hot", caps: { day: "100000", month: "1000000" } });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  atEnd(() => client.end());
  await client.query("set synchronous_commit = off");
  const found = new Map<number, number[]>(SIZES.map((size) => [size, []]));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const size of SIZES) {
      const took = await batchesOf(client, size);
      if (round >= 0) found.get(size)?.push(took);
    }
  }
  const alone = median(found.get(1) ?? []);
  printTable(
    ["pairs in a batch", "us of a batch", "us of each further pair"],
    Array.from(found, ([size, all]) => {
      const took = median(all);
      return [String(size), took.toFixed(0), size === 1 ? "" : ((took - alone) / (size - 1)).toFixed(0)];
    }),
  );
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
  const windows = (await wflo.budgets.get("hot"))?.windows ?? [];
  promises.check(
    "nothing is held at the end",
    windows.every(({ reserved }) => reserved === "0.00"),
  );
});
