import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { Child } from "./support/child.ts";
import { percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import type { WakeUpTask, WokenUp } from "./support/wake-up-worker.ts";

/** How long after money comes free a call that waits for it is granted: in the same process, and in another one, which has to look. */

const BUDGET = "wake";
/** How long the money is held before it comes free: those that wait look less and less often. */
const HELD_MS = [50, 200, 1_000, 4_000];
const WARM_MS = 50;
/** The longest pause between two looks, and what a busy machine adds. */
const SLOWEST_MS = 1_600;

type Message = { readonly ready: true } | { readonly done: true } | WokenUp;

const REQUEST = { provider: "openai", model: "gpt-4.1", parts: ["x"], budgets: [BUDGET], hold: "0.9" };
const NOTHING = { value: undefined, usage: { inputTokens: 0, outputTokens: 0, reportedPicoUsd: 1_000 } };

const now = (): number => performance.timeOrigin + performance.now();

/** Holds the money for this long while somebody waits; returns when the ledger had it back. */
async function hold(wflo: Wflo, heldMs: number, begin: () => void): Promise<number> {
  const settled = Promise.withResolvers<number>();
  const off = wflo.on("call-settled", () => settled.resolve(now()));
  await wflo.guardCall(REQUEST, async () => {
    begin();
    await sleep(heldMs);
    return NOTHING;
  });
  const at = await settled.promise;
  off();
  return at;
}

/** From free to granted, in milliseconds, of a call of this process. */
async function wakeHere(wflo: Wflo, heldMs: number): Promise<number> {
  const woken = Promise.withResolvers<number>();
  const free = await hold(wflo, heldMs, () => {
    void wflo.guardCall(REQUEST, async () => {
      woken.resolve(now());
      return NOTHING;
    });
  });
  const took = (await woken.promise) - free;
  await wflo.flush();
  return took;
}

/** The same of a call of another process. */
async function wakeThere(wflo: Wflo, other: Child<Message>, heldMs: number): Promise<number> {
  other.messages.length = 0;
  const free = await hold(wflo, heldMs, () => other.send({ go: true }));
  const { woken } = (await other.message((message) => "woken" in message)) as WokenUp;
  await other.message((message) => "done" in message);
  return woken - free;
}

await runBench("From free money to a call that waited for it, PostgreSQL", 600, async (promises) => {
  const rounds = Number(process.argv[2] ?? 15);
  const server = await startPostgres();
  const wflo = createWflo({ database: postgres({ url: server.url, max: 4 }), logger: false });
  await wflo.budgets.set({ id: BUDGET, caps: { total: "1" } });
  const task: WakeUpTask = { url: server.url, budget: BUDGET };
  const other = new Child<Message>("./wake-up-worker.ts", task);
  await other.message((message) => "ready" in message);
  await wakeHere(wflo, WARM_MS);
  await wakeThere(wflo, other, WARM_MS);
  const rows: string[][] = [];
  for (const heldMs of HELD_MS) {
    const [here, there]: [number[], number[]] = [[], []];
    for (let round = 0; round < (heldMs > 1_000 ? Math.ceil(rounds / 3) : rounds); round += 1) {
      here.push(await wakeHere(wflo, heldMs));
      there.push(await wakeThere(wflo, other, heldMs));
    }
    const found = [here, there].flatMap((all) => [0.5, 1].map((part) => percentile(all, part).toFixed(0)));
    rows.push([String(heldMs), ...found]);
  }
  printTable(["held ms", "same process p50 ms", "max", "other process p50 ms", "max"], rows);
  const slowest = Math.max(...rows.map((row) => Number(row.at(-1))));
  promises.check("another process looks at least every 1.25 s", slowest < SLOWEST_MS, `${slowest} ms`);
  await other.stop();
  await wflo.close();
});
