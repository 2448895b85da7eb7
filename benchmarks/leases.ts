import { setImmediate as nextTurn } from "node:timers/promises";
import { createWflo, leasingDatabase, type Clock } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { openLedger } from "./support/hot-ways.ts";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** How many pairs of reserve and settle come through in one process on one hot budget with leases: while nobody waits for the database, and with all of it written down. */

const BUDGET = "hot";
const CALLERS = 64;
const BURST_MS = 2_000;
const SUSTAINED_MS = 10_000;
/** A caller lets others have their turn so often: timers and sockets come to nothing between promises that are done. */
const PAIRS_A_TURN = 20;

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Pairs a second for `forMs`, and until `end` has them in the store. */
async function play(pair: () => Promise<unknown>, forMs: number, end: () => Promise<void>) {
  const started = performance.now();
  let pairs = 0;
  const call = async (): Promise<void> => {
    while (performance.now() - started < forMs) {
      for (let made = 0; made < PAIRS_A_TURN; made += 1) await pair();
      pairs += PAIRS_A_TURN;
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  const called = performance.now() - started;
  await end();
  return { inMemory: (pairs / called) * 1_000, written: (pairs / (performance.now() - started)) * 1_000 };
}

await runBench(
  "Pairs of reserve and settle on leases, PostgreSQL with fsync, one process",
  600,
  async (promises) => {
    const rounds = Number(process.argv[2] ?? 3);
    const server = await startPostgres();
    const wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
    await wflo.budgets.set({ id: BUDGET, caps: { day: "100000", month: "1000000" } });
    const bare = postgres({ url: server.url });
    const { database, flush } = leasingDatabase(postgres({ url: server.url }), (id) => id === BUDGET, {
      tenant: "default",
      clock,
      ids: { next: () => crypto.randomUUID() },
      onTrouble: (error) => console.error(error),
    });
    const [leased, plain] = [openLedger(database), openLedger(bare)];

    const found = { plain: [] as number[], burst: [] as number[], sustained: [] as number[] };
    await play(() => leased.pair([BUDGET]), 300, flush);
    for (let round = 0; round < rounds; round += 1) {
      found.plain.push(
        (
          await play(
            () => plain.pair([BUDGET]),
            BURST_MS,
            async () => {},
          )
        ).written,
      );
      found.burst.push((await play(() => leased.pair([BUDGET]), BURST_MS, flush)).inMemory);
      found.sustained.push((await play(() => leased.pair([BUDGET]), SUSTAINED_MS, flush)).written);
    }
    const [pairs, burst, sustained] = [median(found.plain), median(found.burst), median(found.sustained)];
    printTable(
      ["", "pairs/s", "to none"],
      [
        ["without leases", pairs.toFixed(0), ""],
        ["with leases, for 2 s, before all is written down", burst.toFixed(0), (burst / pairs).toFixed(1)],
        [
          "with leases, for 10 s and until all is written down",
          sustained.toFixed(0),
          (sustained / pairs).toFixed(1),
        ],
      ],
    );
    await leased.close();
    await plain.close();
    promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
    const windows = (await wflo.budgets.get(BUDGET))?.windows ?? [];
    promises.check(
      "nothing is held at the end",
      windows.every(({ reserved }) => reserved === "0.00"),
    );
    await wflo.close();
  },
);
