import { createWflo, usd, type Budget, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { cpuMs } from "./support/cpu-clock.ts";
import { EACH, fillBudgets, sumsOf } from "./support/many-budgets.ts";
import { median } from "./support/percentile.ts";
import { planOfFunction } from "./support/plan-of-function.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** How long 10,000 budgets take to be listed by their prefix, with what is spent, reserved and free on each. */

const ROUNDS = Number(process.argv[2] ?? 15);
const PREFIX = "user/";
const TARGET_MS = 50;

async function pages(wflo: Wflo, limit: number): Promise<readonly Budget[]> {
  const all: Budget[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.id) {
    const page = await wflo.budgets.list({ prefix: PREFIX, limit, ...(after !== undefined && { after }) });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

async function judge(promises: Promises, client: pg.Client, lists: readonly (readonly Budget[])[]) {
  const sums = await sumsOf(client);
  for (const budgets of lists) {
    const windows = budgets.flatMap((budget) => budget.windows);
    const add = (of: "spent" | "reserved") =>
      windows.reduce((sum, window) => sum + usd(window[of]).nanoUsd, 0n);
    const isWhole = new Set(budgets.map(({ id }) => id)).size === EACH && budgets.length === EACH;
    promises.check("each budget of the prefix comes once", isWhole, `${budgets.length}`);
    const isRight = add("spent") === sums.spent && add("reserved") === sums.reserved;
    promises.check("spent and reserved are those of the open windows", isRight);
    promises.check(
      "each window of a day or a month tells when it resets",
      windows.every(({ resetsAt }) => resetsAt !== undefined && resetsAt.getTime() > Date.now()),
    );
  }
}

async function explain(promises: Promises, client: pg.Client): Promise<void> {
  const texts = ["default", PREFIX, "default", "user0", null].map((value) => ({ value, type: "text" }));
  const plan = await planOfFunction(client, "wflo.list_budgets", [...texts, { value: EACH, type: "int8" }]);
  const scans = plan.filter((line) => /(Index|Seq|Bitmap).* Scan /.test(line));
  console.log(`\n${scans.map((line) => line.trim()).join("\n")}\n`);
  const isByKey = scans.length > 0 && scans.every((line) => line.includes("_pkey on "));
  promises.check("the plan reads by primary keys alone", isByKey);
}

await runBench("A list of 10,000 budgets", 170, async (promises) => {
  const server = await startPostgres();
  // One connection, so that its server process can be watched.
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  const wflo = createWflo({ database: postgres({ pool }), logger: false });
  const client = new pg.Client({ connectionString: server.url });
  atEnd(() => client.end());
  atEnd(() => pool.end());
  await wflo.budgets.list({ limit: 1 });
  await client.connect();
  await fillBudgets(client);
  const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = rows[0]?.pid ?? 0;
  const bare =
    "select * from wflo.budget where tenant = 'default' and id >= 'user/' and id < 'user0' order by id";
  const cases = [
    { name: "one page of 10,000", run: () => wflo.budgets.list({ prefix: PREFIX, limit: EACH }) },
    { name: "all, in pages of 1,000", run: () => pages(wflo, 1_000) },
    { name: "all, in pages of 100", run: () => pages(wflo, 100) },
    { name: "bare rows of 10,000 budgets", run: () => pool.query({ text: bare, rowMode: "array" }) },
    { name: "select 1", run: () => pool.query("select 1") },
  ].map((one) => ({ ...one, wall: [] as number[], here: [] as number[], there: [] as number[] }));
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const one of round % 2 === 0 ? cases : cases.toReversed()) {
      const [cpu, started] = [cpuMs(pid), performance.now()];
      await one.run();
      const [ended, after] = [performance.now(), cpuMs(pid)];
      if (round < 0) continue;
      one.wall.push(ended - started);
      one.here.push(after.here - cpu.here);
      one.there.push(after.there - cpu.there);
    }
  }
  const told = (samples: readonly number[]) => [median(samples).toFixed(1), Math.min(...samples).toFixed(1)];
  printTable(
    ["ms", "p50", "least", "CPU of Node p50", "least", "CPU of the server p50", "least"],
    cases.map(({ name, wall, here, there }) => [name, ...told(wall), ...told(here), ...told(there)]),
  );
  const [page] = cases;
  const isMet = page !== undefined && median(page.wall) < TARGET_MS;
  console.log(`\ntarget: one page under ${TARGET_MS}; ${isMet ? "met" : "missed"}`);
  await explain(promises, client);
  await judge(promises, client, [
    await wflo.budgets.list({ prefix: PREFIX, limit: EACH }),
    await pages(wflo, 1_000),
    await pages(wflo, 100),
  ]);
});
