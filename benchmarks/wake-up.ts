import { setTimeout as sleep } from "node:timers/promises";
import { createWflo } from "@wflo/core";
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

type Message = { readonly ready: true } | { readonly done: true } | WokenUp;

await runBench(
  "From money that comes free to a call that waited for it, PostgreSQL",
  600,
  async (promises) => {
    const rounds = Number(process.argv[2] ?? 15);
    const server = await startPostgres();
    const wflo = createWflo({ database: postgres({ url: server.url, max: 4 }), logger: false });
    await wflo.budgets.set({ id: BUDGET, caps: { total: "1" } });
    const task: WakeUpTask = { url: server.url, budget: BUDGET };
    const other = new Child<Message>("./wake-up-worker.ts", task);
    await other.message((message) => "ready" in message);
    const request = {
      provider: "openai",
      model: "gpt-4.1",
      parts: ["x"],
      budgets: [BUDGET],
      hold: "0.9",
    };
    const nothing = { value: undefined, usage: { inputTokens: 0, outputTokens: 0, billedNanoUsd: 1 } };
    const now = () => performance.timeOrigin + performance.now();

    /** Holds the money for this long while somebody waits; returns when the ledger had it back. */
    const hold = async (heldMs: number, begin: () => unknown): Promise<number> => {
      const settled = Promise.withResolvers<number>();
      const off = wflo.on("call-settled", () => settled.resolve(now()));
      await wflo.guardCall(request, async () => {
        begin();
        await sleep(heldMs);
        return nothing;
      });
      const at = await settled.promise;
      off();
      return at;
    };
    const here = async (heldMs: number): Promise<number> => {
      const woken = Promise.withResolvers<number>();
      const free = await hold(heldMs, () => {
        void wflo.guardCall(request, async () => {
          woken.resolve(now());
          return nothing;
        });
      });
      const took = (await woken.promise) - free;
      await wflo.flush();
      return took;
    };
    const there = async (heldMs: number): Promise<number> => {
      other.messages.length = 0;
      const free = await hold(heldMs, () => other.send({ go: true }));
      const { woken } = (await other.message((message) => "woken" in message)) as WokenUp;
      await other.message((message) => "done" in message);
      return woken - free;
    };

    await here(50);
    await there(50);
    const rows: string[][] = [];
    for (const heldMs of HELD_MS) {
      const found: { readonly here: number[]; readonly there: number[] } = { here: [], there: [] };
      for (let round = 0; round < (heldMs > 1_000 ? Math.ceil(rounds / 3) : rounds); round += 1) {
        found.here.push(await here(heldMs));
        found.there.push(await there(heldMs));
      }
      const of = (all: readonly number[], part: number) => percentile(all, part).toFixed(0);
      rows.push([
        String(heldMs),
        of(found.here, 0.5),
        of(found.here, 1),
        of(found.there, 0.5),
        of(found.there, 1),
      ]);
    }
    printTable(["held ms", "same process p50 ms", "max", "other process p50 ms", "max"], rows);
    promises.check(
      "another process looks at least every 1.25 s",
      rows.every((row) => Number(row[4]) < 1_600),
    );
    await other.stop();
    await wflo.close();
  },
);
