import { createWflo, type Wflo, type WrapperOptions } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import { latencyOfAiSdk } from "./support/latency-ai-sdk.ts";
import {
  CHUNKS,
  LATENCY_CASES,
  type LatencyCase,
  type LatencyClient,
  type LatencySample,
  timeOne,
} from "./support/latency-case.ts";
import { latencyOfOpenAI } from "./support/latency-openai.ts";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import { startSimulatorProcess } from "./support/start-simulator.ts";

/** What a client becomes slower by behind the door: a call, the first chunk of a stream, and each further chunk. */

const WARM_UP_ROUNDS = 30;
const ROUNDS = 120;
const BUDGET = "bench";
const MANY_TOKENS = 1_000;
/** The pace of a model, so that each chunk comes by itself. */
const TOKENS_PER_SECOND = 200;
const PACED_ROUNDS = 4;
const PACED_AT_ONCE = 20;

/** The same provider's client at a base URL, plain without options. */
type Connect = (baseURL: string, options: WrapperOptions | undefined) => LatencyClient;

/** A client, plain or on one store, and what its calls took, by case. */
interface Contender {
  readonly name: string;
  readonly clientAt: (baseURL: string) => LatencyClient;
  readonly wflo: Wflo | undefined;
  readonly samples: Map<LatencyCase, LatencySample[]>;
}

async function contendersOn(connect: Connect, url: string): Promise<readonly Contender[]> {
  const stores = [
    ["memory", undefined],
    ["PGlite in memory", pglite()],
    ["PostgreSQL, fsync", postgres({ url })],
  ] as const;
  const metered = stores.map(async ([name, database]): Promise<Contender> => {
    const wflo = createWflo({ database, logger: false, settle: "background" });
    atEnd(() => wflo.close());
    await wflo.budgets.set({ id: BUDGET, caps: { total: 1_000_000 } });
    const clientAt = (baseURL: string) => connect(baseURL, { wflo, budgets: [BUDGET] });
    return { name, clientAt, wflo, samples: new Map() };
  });
  return [
    {
      name: "plain client",
      clientAt: (baseURL) => connect(baseURL, undefined),
      wflo: undefined,
      samples: new Map(),
    },
    ...(await Promise.all(metered)),
  ];
}

/** Each case on each client in turn, in an order that changes, so that nobody always comes after the same one. */
async function measure(contenders: readonly Contender[], baseURL: string): Promise<void> {
  const random = new Random(ROUNDS);
  const clients = contenders.map((contender) => ({ contender, client: contender.clientAt(baseURL) }));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const one of LATENCY_CASES) {
      const turns = clients.map((turn) => ({ ...turn, at: random.next() }));
      for (const { contender, client } of turns.toSorted((a, b) => a.at - b.at)) {
        const sample = await timeOne(client, one);
        // Its settle leaves after its answer, and is not to be paid by the next one.
        await contender.wflo?.flush();
        if (round < 0) continue;
        const samples = contender.samples.get(one) ?? [];
        contender.samples.set(one, samples);
        samples.push(sample);
      }
    }
  }
}

function samplesOf(
  { samples }: Contender,
  api: LatencyCase["api"],
  kind: LatencyCase["kind"],
): readonly LatencySample[] {
  const found = LATENCY_CASES.find((one) => one.api === api && one.kind === kind);
  return (found && samples.get(found)) ?? [];
}

/** The median over rounds of the difference within a round: what else the machine does in that round hits both. */
function addedMs(
  contender: Contender,
  plain: Contender,
  { api, kind }: LatencyCase,
  what: (sample: LatencySample) => number,
): number {
  const beside = samplesOf(plain, api, kind);
  return median(
    samplesOf(contender, api, kind).map((sample, round) => what(sample) - what(beside[round] ?? sample)),
  );
}

function printCalls(contenders: readonly Contender[], api: LatencyCase["api"]): void {
  const [plain] = contenders;
  if (plain === undefined) return;
  const whole = (contender: Contender) => samplesOf(contender, api, "whole").map(({ wholeMs }) => wholeMs);
  const microseconds = (ms: number) => (ms * 1_000).toFixed(0);
  /** Between a long and a short stream there are only chunks. */
  const aChunk = (contender: Contender) => {
    const added = (kind: LatencyCase["kind"]) =>
      addedMs(contender, plain, { api, kind }, ({ wholeMs }) => wholeMs);
    return (added("long") - added("short")) / (CHUNKS.long - CHUNKS.short);
  };
  const ofStream = (contender: Contender, kind: "short" | "long") =>
    median(samplesOf(contender, api, kind).map(({ wholeMs }) => wholeMs)).toFixed(2);
  printTable(
    [
      api,
      "call ms",
      "p99",
      "added us",
      "ratio",
      "first chunk: added us",
      "20 chunks ms",
      "200 chunks ms",
      "added us a chunk",
    ],
    contenders.map((contender) => {
      const isPlain = contender === plain;
      const calls = whole(contender);
      return [
        contender.name,
        median(calls).toFixed(2),
        percentile(calls, 0.99).toFixed(2),
        isPlain
          ? ""
          : microseconds(addedMs(contender, plain, { api, kind: "whole" }, ({ wholeMs }) => wholeMs)),
        isPlain ? "" : (median(calls) / median(whole(plain))).toFixed(2),
        isPlain
          ? ""
          : microseconds(addedMs(contender, plain, { api, kind: "short" }, ({ firstMs }) => firstMs)),
        ofStream(contender, "short"),
        ofStream(contender, "long"),
        isPlain ? "" : (aChunk(contender) * 1_000).toFixed(1),
      ];
    }),
  );
  console.log();
}

/** What a chunk that comes by itself costs this process in CPU, by client. Microseconds; the rest of a stream is in it too. */
async function measurePaced(contenders: readonly Contender[], baseURL: string): Promise<void> {
  const used = new Map<Contender, number>();
  const events = new Map<Contender, number>();
  const one = { api: "chat", kind: "long" } as const;
  for (let round = -1; round < PACED_ROUNDS; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const client = contender.clientAt(baseURL);
      const before = process.cpuUsage();
      const streams = await Promise.all(Array.from({ length: PACED_AT_ONCE }, () => timeOne(client, one)));
      await contender.wflo?.flush();
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      used.set(contender, (used.get(contender) ?? 0) + user + system);
      const read = streams.reduce((sum, stream) => sum + stream.events, 0);
      events.set(contender, (events.get(contender) ?? 0) + read);
    }
  }
  const each = (contender: Contender) => (used.get(contender) ?? 0) / (events.get(contender) ?? 1);
  const [plain] = contenders;
  printTable(
    [`${PACED_AT_ONCE} paced streams of ${CHUNKS.long} chunks`, "CPU us a chunk", "ratio"],
    contenders.map((contender) => [
      contender.name,
      each(contender).toFixed(1),
      plain === undefined ? "" : (each(contender) / each(plain)).toFixed(2),
    ]),
  );
  console.log();
}

async function checkLedgers(promises: Promises, contenders: readonly Contender[]): Promise<void> {
  const plain = contenders.find(({ wflo }) => wflo === undefined);
  const calls = (ROUNDS + WARM_UP_ROUNDS) * LATENCY_CASES.length + (PACED_ROUNDS + 1) * PACED_AT_ONCE;
  for (const { name, wflo, samples } of contenders) {
    if (wflo === undefined || plain === undefined) continue;
    const isSame = LATENCY_CASES.every(
      (one) => samples.get(one)?.[0]?.events === plain.samples.get(one)?.[0]?.events,
    );
    promises.check(`the caller gets as many events as without wflo: ${name}`, isSame);
    const { count, exact } = await ledgerOf(wflo);
    promises.check(
      `every one of ${calls} calls is in the ledger, exactly: ${name}`,
      count === calls && exact === calls,
    );
    const isWhole = (await wflo.budgets.reconcile()).isExact;
    promises.check(`row = entries: ${name}`, isWhole);
  }
}

async function ledgerOf(wflo: Wflo): Promise<{ readonly count: number; readonly exact: number }> {
  let [count, exact] = [0, 0];
  for (let after: string | undefined; ;) {
    const page = await wflo.calls.list({ limit: 1_000, after });
    count += page.length;
    exact += page.filter(({ kind }) => kind === "settle").length;
    after = page.at(-1)?.id;
    if (page.length < 1_000) return { count, exact };
  }
}

const isOfAiSdk = process.argv.includes("ai-sdk");
const subject = isOfAiSdk ? "generateText and streamText" : "The openai client";

await runBench(`${subject} behind the door, over HTTP, 4 KB prompt`, 180, async (promises) => {
  const server = await startPostgres();
  // The request's own cap makes an answer as long as its case wants.
  const reply = { inputTokens: 900, outputTokens: MANY_TOKENS };
  const contenders = await contendersOn(isOfAiSdk ? latencyOfAiSdk : latencyOfOpenAI, server.url);
  await measure(contenders, await startSimulatorProcess(reply));
  for (const { wflo } of contenders) await wflo?.flush();
  printCalls(contenders, "chat");
  printCalls(contenders, "responses");
  await measurePaced(
    contenders,
    await startSimulatorProcess({ ...reply, tokensPerSecond: TOKENS_PER_SECOND }),
  );
  await checkLedgers(promises, contenders);
});
