import { EventEmitter, getEventListeners, setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { postgres } from "@wflo/postgres";
import OpenAI from "openai";
import { Collector } from "./collector.ts";
import { readTask, tell } from "./task.ts";

/** What one process of the benchmark does: hold many slow streams open at once, with or without wflo. */
export interface OpenStreamsTask {
  readonly client: "plain" | "memory" | "postgres";
  readonly streams: number;
  readonly slowUrl: string;
  readonly fastUrl: string;
  readonly databaseUrl: string;
}

/** Memory of the process after a full collection, in bytes. */
export interface Memory {
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
}

/** What the process tells before it ends by itself. */
export interface OpenStreamsReport {
  /** Before anything was asked for; `before` is after as many fast streams. */
  readonly start: Memory;
  readonly before: Memory;
  readonly open: Memory;
  /** The heap after each of some further waves of fast streams. Bytes. */
  readonly heaps: readonly number[];
  /** Streams that were open when `open` was measured. */
  readonly opened: number;
  readonly openHolds: { readonly open: number; readonly after: number };
  /** Listeners left on a signal that all streams were given. */
  readonly listeners: number;
  /** Timers that would keep the process, more than before. */
  readonly timers: number;
  readonly reserved: string | undefined;
}

const BUDGET = "streams";
const MODEL = "gpt-4.1-nano";
const MESSAGES = [{ role: "user" as const, content: "Count slowly." }];
const SETTLING_MS = 500;
/** Idle connections are kept for four seconds by `fetch`. */
const CONNECTIONS_GONE_MS = 6_000;
const MAX_WAIT_MS = 60_000;
const WAVES = 6;

type Reading = AsyncIterator<unknown>;

const task = readTask<OpenStreamsTask>();
const collector = new Collector();
const wflo = openWflo();
const shared = new AbortController();
setMaxListeners(0, shared.signal);
EventEmitter.defaultMaxListeners = 0;

function openWflo(): Wflo | undefined {
  if (task.client === "plain") return undefined;
  const database = task.client === "postgres" ? postgres({ url: task.databaseUrl }) : undefined;
  return createWflo({ database, logger: false, settle: "background", drainMs: MAX_WAIT_MS });
}

function clientOn(baseURL: string): OpenAI {
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  return wflo ? wfloOpenAI(client, { wflo, budgets: [BUDGET], provider: "openai" }) : client;
}

/** Opens a stream and takes its first event. */
async function open(client: OpenAI): Promise<Reading> {
  const stream = await client.chat.completions.create(
    { model: MODEL, messages: MESSAGES, max_completion_tokens: 1_000, stream: true },
    { signal: shared.signal },
  );
  const reading = stream[Symbol.asyncIterator]();
  await reading.next();
  return reading;
}

/** Half are read to their end, half are left. */
async function finish(reading: Reading, at: number): Promise<void> {
  if (at % 2 === 0) return void (await reading.return?.());
  while ((await reading.next()).done !== true);
}

async function memory(): Promise<Memory> {
  // What is held by weak references goes with the second.
  for (let times = 0; times < 3; times += 1) {
    collector.collect();
    await sleep(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss };
}

async function reserved(): Promise<string | undefined> {
  await wflo?.flush();
  return (await wflo?.budgets.get(BUDGET))?.windows[0]?.reserved;
}

async function openHolds(): Promise<number> {
  const [found] = (await wflo?.budgets.reconcile())?.discrepancies ?? [];
  if (found) throw new Error(`row and holds differ: ${found.reserved} and ${found.holds}`);
  return Number((await reserved()) ?? 0);
}

/** Waits until no stream is read on for its cost. */
async function allClosed(): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  while (performance.now() < deadline && ((await reserved()) ?? "0.00") !== "0.00") await sleep(50);
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

async function play(
  client: OpenAI,
): Promise<{ readonly opened: number; readonly open: Memory; readonly holds: number }> {
  const readings = await Promise.all(Array.from({ length: task.streams }, () => open(client)));
  await sleep(SETTLING_MS);
  const measured = { opened: readings.length, open: await memory(), holds: await openHolds() };
  await Promise.all(readings.map(finish));
  await allClosed();
  return measured;
}

await wflo?.budgets.set({ id: BUDGET, caps: { total: 1_000_000 } });
const start = await memory();
// Code is compiled, and so many connections opened, before anything is measured.
await play(clientOn(task.fastUrl));
await sleep(CONNECTIONS_GONE_MS);
const [before, timersBefore] = [await memory(), timers()];
const { opened, open: openMemory, holds } = await play(clientOn(task.slowUrl));
const heaps: number[] = [];
for (let wave = 0; wave < WAVES; wave += 1) {
  await play(clientOn(task.fastUrl));
  await sleep(SETTLING_MS);
  heaps.push((await memory()).heap);
}
const report: OpenStreamsReport = {
  start,
  before,
  open: openMemory,
  heaps,
  opened,
  openHolds: { open: holds, after: await openHolds() },
  listeners: getEventListeners(shared.signal, "abort").length,
  timers: timers() - timersBefore,
  reserved: await reserved(),
};
await tell(report);
await wflo?.close();
// From here on nothing keeps the process but what was left behind.
process.channel?.unref();
