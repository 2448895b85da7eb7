import { createWflo, decimalUsd, usd, type Wflo } from "@wflo/core";
import { setTimeout as sleep } from "node:timers/promises";
import { wfloOpenAI } from "@wflo/openai";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import OpenAI from "openai";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import { startSimulatorProcess } from "./support/start-simulator.ts";

/** Twenty long answers asked for at once, on a budget for forty: nobody is cut short, refused, or kept waiting. */

const PARALLEL = 20;
const FITS = 40n;
const ANSWER_TOKENS = 1_500;
const INPUT_TOKENS = 40;
const LATENCY_MS = 50;
const TOKENS_PER_SECOND = 3_000;
const ROUNDS = 7;
const MOST_RATIO = 1.3;
const MODEL = "gpt-4.1-nano";
const MESSAGES = [{ role: "user" as const, content: "Write two pages about the history of the abacus." }];

interface Store {
  readonly name: string;
  readonly wflo: Wflo;
  readonly roundMs: number[];
  readonly refusals: string[];
  cut: number;
  readonly left: string[];
  /** Rounds after which `flush` returned before the last charge was in the ledger. */
  unflushed: number;
}

interface Round {
  readonly ms: number;
  readonly cut: number;
  readonly refusals: readonly string[];
}

async function ask(client: OpenAI, isStreamed: boolean): Promise<string | null | undefined> {
  if (!isStreamed) {
    const answer = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
    return answer.choices[0]?.finish_reason;
  }
  let reason: string | null | undefined;
  const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
  for await (const chunk of stream) reason = chunk.choices[0]?.finish_reason ?? reason;
  return reason;
}

async function playRound(client: OpenAI, isStreamed: boolean): Promise<Round> {
  const started = performance.now();
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, () => ask(client, isStreamed)));
  const ms = performance.now() - started;
  const refusals = ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []));
  return {
    ms,
    cut: ends.filter((end) => end.status === "fulfilled" && end.value !== "stop").length,
    refusals,
  };
}

function costOfAnswer(wflo: Wflo): bigint {
  const usage = { inputTokens: INPUT_TOKENS, outputTokens: ANSWER_TOKENS };
  const cost = wflo.pricing.cost({ provider: "openai", model: MODEL, usage });
  if (cost.kind !== "known") throw new Error(`the price of ${MODEL} is not known`);
  return cost.nanoUsd;
}

/** One round on a fresh budget that fits forty such answers. */
async function playOn(store: Store, baseURL: string, round: number, isStreamed: boolean): Promise<void> {
  const { wflo } = store;
  const id = `answers/${isStreamed ? "streamed" : "whole"}/${round}`;
  const cap = FITS * costOfAnswer(wflo);
  await wflo.budgets.set({ id, caps: { total: decimalUsd(cap) } });
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  const { ms, cut, refusals } = await playRound(
    wfloOpenAI(client, { wflo, budgets: [id], provider: "openai" }),
    isStreamed,
  );
  store.roundMs.push(ms);
  store.cut += cut;
  store.refusals.push(...refusals);
  await wflo.flush();
  if (!(await isAllCharged(wflo, id))) {
    store.unflushed += 1;
    for (let tries = 0; tries < 100 && !(await isAllCharged(wflo, id)); tries += 1) await sleep(10);
  }
  store.left.push((await wflo.budgets.get(id))?.left ?? "");
}

async function isAllCharged(wflo: Wflo, id: string): Promise<boolean> {
  return (await wflo.budgets.get(id))?.windows[0]?.reserved === "0.00";
}

async function measure(
  promises: Promises,
  stores: readonly Store[],
  baseURL: string,
  isStreamed: boolean,
): Promise<void> {
  const plainMs: number[] = [];
  const plain = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  for (let round = -1; round < ROUNDS; round += 1) {
    const { ms } = await playRound(plain, isStreamed);
    plainMs.push(ms);
    for (const store of round % 2 === 0 ? stores : stores.toReversed()) {
      await playOn(store, baseURL, round, isStreamed);
    }
  }
  for (const list of [plainMs, ...stores.map(({ roundMs }) => roundMs)]) list.shift();
  const base = median(plainMs);
  const row = (name: string, ms: readonly number[]): (string | number)[] => [
    name,
    median(ms).toFixed(0),
    percentile(ms, 1).toFixed(0),
    (median(ms) / base).toFixed(2),
  ];
  printTable(
    [`${PARALLEL} answers at once, ${isStreamed ? "streamed" : "whole"}`, "median ms", "slowest ms", "ratio"],
    [row("plain client", plainMs), ...stores.map(({ name, roundMs }) => row(name, roundMs))],
  );
  const slow = stores.filter(({ roundMs }) => median(roundMs) / base >= MOST_RATIO).map(({ name }) => name);
  console.log(
    `target: ratio under ${MOST_RATIO}; ${slow.length === 0 ? "met" : `missed by ${slow.join(", ")}`}`,
  );
  for (const store of stores) {
    const { name, cut, refusals, wflo, left } = store;
    const expected = decimalUsd((FITS - BigInt(PARALLEL)) * costOfAnswer(wflo));
    promises.check(`no answer cut short: ${name}`, cut === 0, cut === 0 ? "" : `${cut} were`);
    promises.check(`none refused: ${name}`, refusals.length === 0, refusals[0]);
    const isExact = left.every((amount) => usd(amount).equals(expected));
    promises.check(`charged to the nano-dollar: ${name}`, isExact, `$${expected} left each time`);
    const isFlushed = store.unflushed === 0;
    promises.check(
      `flush awaits every charge: ${name}`,
      isFlushed,
      isFlushed ? "" : `not ${store.unflushed} times`,
    );
    store.unflushed = 0;
    store.roundMs.length = 0;
    store.refusals.length = 0;
    store.left.length = 0;
    store.cut = 0;
  }
  console.log();
}

await runBench("Long answers in parallel on a budget for twice as many", 60, async (promises) => {
  const server = await startPostgres();
  const baseURL = await startSimulatorProcess({
    inputTokens: INPUT_TOKENS,
    outputTokens: ANSWER_TOKENS,
    latencyMs: LATENCY_MS,
    tokensPerSecond: TOKENS_PER_SECOND,
  });
  const databases = [
    ["memory", undefined],
    ["PGlite in memory", pglite()],
    ["PostgreSQL, fsync", postgres({ url: server.url })],
  ] as const;
  const stores = databases.map(([name, database]): Store => {
    const wflo = createWflo({
      ...(database === undefined ? {} : { database }),
      logger: false,
      settle: "background",
    });
    atEnd(() => wflo.close());
    return { name, wflo, roundMs: [], refusals: [], cut: 0, left: [], unflushed: 0 };
  });
  await measure(promises, stores, baseURL, false);
  await measure(promises, stores, baseURL, true);
});
