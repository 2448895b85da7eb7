import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { HotScene, type Found } from "./support/hot-scene.ts";
import type { HotWay } from "./support/hot-ways.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** How many pairs of reserve and settle come through on budgets that all callers share, on a real PostgreSQL. */

const SWEEP_EVERY_MS = 100;
const WAYS: readonly HotWay[] = ["door", "ledger", "plain", "select 1"];
const MANY = Array.from({ length: 100 }, (_, at) => `one-of/${at}`);
const USERS = Array.from({ length: 64 }, (_, at) => [`org`, `team/${at % 4}`, `user/${at}`]);

const SCENES: readonly HotScene[] = [
  new HotScene("one hot budget, one caller", { processes: 1, callers: 1, choices: [["hot"]] }),
  new HotScene("one hot budget, 4 processes, 2 callers each", {
    processes: 4,
    callers: 2,
    choices: [["hot"]],
  }),
  new HotScene("one hot budget, 4 processes, 16 callers each", {
    processes: 4,
    callers: 16,
    choices: [["hot"]],
  }),
  new HotScene("three levels, all below one, 4 processes, 16 callers each", {
    processes: 4,
    callers: 16,
    choices: USERS,
  }),
  new HotScene("100 budgets, one a call, 4 processes, 16 callers each", {
    processes: 4,
    callers: 16,
    choices: MANY.map((id) => [id]),
  }),
];

await runBench("Pairs of reserve and settle, PostgreSQL with fsync", 900, async (promises) => {
  const rounds = Number(process.argv[2] ?? 3);
  const scenes = SCENES.filter(({ name }) => name.includes(process.argv[3] ?? ""));
  const server = await startPostgres();
  const wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
  const sweepers = Array.from({ length: 2 }, () => postgres({ url: server.url, max: 1 }));
  const sweeping = setInterval(() => {
    for (const sweeper of sweepers) void sweeper.ledger.expire(100).catch(() => {});
  }, SWEEP_EVERY_MS);
  const ids = new Set(["hot", ...MANY, ...USERS.flat()]);
  for (const id of ids) await wflo.budgets.set({ id, caps: { day: "100000", month: "1000000" } });
  for (const scene of scenes) {
    const found = await scene.play(server.url, WAYS, rounds);
    print(scene.name, found);
  }
  clearInterval(sweeping);
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).length === 0);
  const budgets = await wflo.budgets.list({ limit: 1_000 });
  const held = budgets.filter(({ windows }) => windows.some(({ reserved }) => reserved !== "0.00"));
  promises.check("nothing is held at the end", held.length === 0, String(held.map(({ id }) => id)));
  await Promise.all([wflo.close(), ...sweepers.map((sweeper) => sweeper.close())]);
});

function print(name: string, found: ReadonlyMap<string, Found>): void {
  console.log(`\n${name}:`);
  const plain = found.get("plain")?.pairs ?? 0;
  printTable(
    ["", "pairs/s", "to plain", "reserve p50 ms", "p99 ms"],
    Array.from(found, ([way, { pairs, p50, p99 }]) => [
      way,
      pairs.toFixed(0),
      (pairs / plain).toFixed(2),
      p50?.toFixed(2) ?? "",
      p99?.toFixed(2) ?? "",
    ]),
  );
}
