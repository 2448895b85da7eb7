import { createWflo, uuidV7Ids } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** What a batch of the ledger takes of the server: to begin, and for each pair of reserve and settle in it; when the server decides it, and as foreseen. */

const ROUNDS = Number(process.argv[2] ?? 5);
const SIZES = [1, 8, 16, 64];
const PAIRS_A_ROUND = 2_000;
const HOLD = 1_000;
const SETS = JSON.stringify([{ ids: ["hot"], inherited: [] }]);
/** By the clock of the server, in seconds. */
const NOW = "extract(epoch from clock_timestamp())::float8";

const ids = uuidV7Ids({ now: () => Date.now() });
const receipt = { text: "x".repeat(1_000) };

/** A way to settle the calls that are open and to open others. */
interface Way {
  readonly name: string;
  /** Text of the call of the function. */
  readonly call: string;
  values(open: readonly string[], calls: readonly string[]): readonly string[];
}

const DECIDED: Way = {
  name: "decided",
  call: "wflo.settle_and_reserve('default', $1, $2, $3) s (answer)",
  values: (open, calls) => [settlementsOf(open), SETS, asksOf(calls)],
};

function settlementsOf(calls: readonly string[]): string {
  const counts = { input_tokens: 1, output_tokens: 1, latency_ms: 1, failed: false };
  return JSON.stringify(
    calls.map((call) => ({ call_id: call, id: ids.next(), kind: "settle", cost: "500", ...counts, receipt })),
  );
}

function asksOf(calls: readonly string[]): string {
  const amounts = { bound: `${HOLD}`, need: `${HOLD}`, target: `${HOLD}`, share: 1, ttl: 90_000 };
  return JSON.stringify(calls.map((call) => ({ call, of: 1, ...amounts, provider: "p", model: "m" })));
}

/** By what the database says of its budget now, as a process that was told of it. */
async function foreseen(client: pg.Client): Promise<Way> {
  const budget = await client.query("select xmin::text as version from wflo.budget where id = 'hot'");
  const windows = await client.query(
    "select kind, to_json(start) #>> '{}' as start from wflo.budget_window where id = 'hot' order by kind",
  );
  const lists = ["hot", "kind", "start"].map((column) =>
    windows.rows.map((row: Record<string, string>) => row[column] ?? column).join(","),
  );
  const set = `{"({hot},,,t,,${lists.map((list) => `\\"{${list}}\\"`).join(",")})"}`;
  const linesOf = (size: number): string => {
    const added = size * HOLD;
    const rows = windows.rows.map(
      ({ kind, start }) => `"(hot,${kind},${start},${added},${added + 8 * HOLD})"`,
    );
    return `{${rows.join(",")}}`;
  };
  return {
    name: "foreseen",
    call: `wflo.foresee('default', ${Array.from({ length: 13 }, (_, at) => `$${at + 1}`).join(", ")}) s`,
    values: (open, calls) => [
      `{${open.join(",")}}`,
      `{${open.map(() => `"(,${ids.next()},settle,500,1,1,1,f,)"`).join(",")}}`,
      JSON.stringify(open.map(() => receipt)),
      `{${calls.join(",")}}`,
      `{${calls.map((call) => `"(${call},,1,${HOLD},,,,90000,,,,,,,p,m)"`).join(",")}}`,
      set,
      linesOf(calls.length),
      "{hot}",
      `{${budget.rows[0].version}}`,
      "-infinity",
      "infinity",
      "{}",
      "{}",
    ],
  };
}

/** The median of batches of so many pairs, in microseconds around the function alone. Each settles what the one before has reserved. */
async function batchesOf(client: pg.Client, way: Way, size: number): Promise<number> {
  const text = `select begun, s.answer, ${NOW} as ended from (select ${NOW} as begun offset 0) b cross join lateral ${way.call}`;
  const took: number[] = [];
  let open: readonly string[] = [];
  for (let pairs = 0; pairs < PAIRS_A_ROUND || took.length < 30; pairs += size) {
    const calls = Array.from({ length: size }, () => ids.next());
    const values = [...way.values(open, calls)];
    const { rows } = await client.query({ name: way.name, text, values });
    for (const { begun, ended, answer } of rows) {
      if (answer === null) throw new Error("it was not as foreseen");
      if (open.length > 0) took.push((ended - begun) * 1e6);
    }
    open = calls;
  }
  const left = [...DECIDED.values(open, []).slice(0, 1), "[]", "[]"];
  await client.query("select wflo.settle_and_reserve('default', $1, $2, $3)", left);
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
  await batchesOf(client, DECIDED, 1);
  const ways = [DECIDED, await foreseen(client)];
  const found = new Map(ways.map((way) => [way, new Map(SIZES.map((size) => [size, [] as number[]]))]));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const size of SIZES)
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        const took = await batchesOf(client, way, size);
        if (round >= 0) found.get(way)?.get(size)?.push(took);
      }
  }
  printTable(
    ["pairs in a batch", ...ways.flatMap(({ name }) => [`${name}, us`, "us of each further pair"])],
    SIZES.map((size) => [
      String(size),
      ...ways.flatMap((way) => {
        const of = (pairs: number): number => median(found.get(way)?.get(pairs) ?? []);
        return [of(size).toFixed(0), size === 1 ? "" : ((of(size) - of(1)) / (size - 1)).toFixed(0)];
      }),
    ]),
  );
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
  const windows = (await wflo.budgets.get("hot"))?.windows ?? [];
  promises.check(
    "nothing is held at the end",
    windows.every(({ reserved }) => reserved === "0.00"),
  );
});
