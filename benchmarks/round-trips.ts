import { createWflo, type GuardRequest, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { type CountingProxy, startCountingProxy } from "./support/counting-proxy.ts";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** What a call waits for: one round trip before it, none after it. Counted at the wire, and timed with slow answers. */

const CALLS = 40;
const DELAY_MS = 50;
/** A run tells every 5 s that it lives; that may fall into a call. */
const HEARTBEATS = 2;
const REQUEST: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1-nano",
  parts: [{ kind: "text", text: "A prompt. ".repeat(100) }],
};
const ANSWER = {
  value: "Yes.",
  outcome: { kind: "answered", usage: { inputTokens: 300, outputTokens: 200 } },
} as const;

interface Case {
  readonly name: string;
  readonly budgets: readonly string[];
  readonly isInRun?: boolean;
}

const CASES: readonly Case[] = [
  { name: "no budget", budgets: [] },
  { name: "one budget", budgets: ["rich-0"] },
  { name: "three budgets", budgets: ["rich-0", "rich-1", "rich-2"] },
  { name: "day, month and total of one budget", budgets: ["windows"] },
  { name: "a budget that is short of money", budgets: ["short"] },
  { name: "in a run with its own budget, and one more", budgets: ["rich-0"], isInRun: true },
];

interface Seen {
  /** Round trips, the most and the least over all calls. */
  readonly before: readonly number[];
  readonly unacknowledged: number;
  readonly inAll: readonly number[];
  readonly callMs: readonly number[];
}

async function setBudgets(wflo: Wflo): Promise<void> {
  for (const id of ["rich-0", "rich-1", "rich-2"]) await wflo.budgets.set({ id, caps: { total: 1_000 } });
  await wflo.budgets.set({ id: "windows", caps: { day: 100, month: 1_000, total: 10_000 } });
  // Less than eight times the bound of a call, so that each call asks in line for its share.
  await wflo.budgets.set({ id: "short", caps: { total: "0.05" } });
}

async function watchCalls(wflo: Wflo, proxy: CountingProxy, one: Case): Promise<Seen> {
  const before: number[] = [];
  const inAll: number[] = [];
  const callMs: number[] = [];
  let unacknowledged = 0;
  const request = { ...REQUEST, budgets: one.budgets };
  let settled = 0;
  const stop = wflo.on("call-settled", () => void (settled += 1));
  const calls = async (): Promise<void> => {
    for (let at = 0; at < CALLS; at += 1) {
      const asked = proxy.asked();
      settled = 0;
      const started = performance.now();
      await wflo.guardCall(request, async () => {
        before.push(proxy.asked() - asked);
        return ANSWER;
      });
      callMs.push(performance.now() - started);
      if (settled === 0) unacknowledged += 1;
      await wflo.flush();
      inAll.push(proxy.asked() - asked);
    }
  };
  if (one.isInRun) await wflo.run({ name: "bench", budget: "10" }, calls);
  else await calls();
  stop();
  return { before, unacknowledged, inAll, callMs };
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? String(least) : `${least} to ${most}`;
}

await runBench(
  `Round trips of a call to PostgreSQL, every answer ${DELAY_MS} ms late`,
  60,
  async (promises) => {
    const server = await startPostgres();
    const proxy = await startCountingProxy(server.url);
    const wflo = createWflo({ database: postgres({ url: proxy.url }), logger: false, settle: "background" });
    await setBudgets(wflo);
    for (const one of CASES) await watchCalls(wflo, proxy, one);
    proxy.setDelayMs(DELAY_MS);
    const seen: [Case, Seen][] = [];
    for (const one of CASES) seen.push([one, await watchCalls(wflo, proxy, one)]);
    proxy.setDelayMs(0);
    printTable(
      ["case", "before the call", "with its settle", "guardCall ms, median", "in delays"],
      seen.map(([{ name }, { before, inAll, callMs }]) => [
        name,
        range(before),
        range(inAll),
        median(callMs).toFixed(1),
        (median(callMs) / DELAY_MS).toFixed(2),
      ]),
    );
    console.log();
    for (const [{ name, isInRun }, { before, unacknowledged, callMs }] of seen) {
      const strays = before.filter((count) => count !== 1).length;
      promises.check(`one round trip before the call: ${name}`, strays <= (isInRun ? HEARTBEATS : 0));
      const share = `${unacknowledged} of ${CALLS} calls returned before their settle was answered`;
      const isOneDelay = median(callMs) >= DELAY_MS * 0.9 && median(callMs) < DELAY_MS * 1.9;
      promises.check(`nothing awaited after it: ${name}`, unacknowledged === CALLS && isOneDelay, share);
    }
    promises.check("row = entries + holds", (await wflo.budgets.reconcile()).isExact);
    await wflo.close();
  },
);
