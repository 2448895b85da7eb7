import type { RunnableConfig } from "@langchain/core/runnables";
import {
  type BaseCheckpointSaver,
  type CheckpointMetadata,
  emptyCheckpoint,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { CHANNEL_WORKLOADS } from "./channel-workloads.ts";
import { chatAgent } from "./chat-agent.ts";
import type { OpenSaver } from "./open-saver.ts";
import { median } from "./percentile.ts";
import { OPERATIONS, timeOperations } from "./timed-saver.ts";

/** What one play of a scene gave, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>;

const LONG = 500;
const THREADS = 32;
const CHAIN_PUTS = 60;
const WARM_PUTS = 1_000;
const THREAD_TURNS = 20;
const PAGE = 100;
const READS = 20;
/** A channel of changes has a value once in so many checkpoints. */
const SEED_EVERY = 100;
const METADATA: CheckpointMetadata = { source: "loop", step: 0, parents: {} };

/** One thread: the wall time of its turns and the middle of what operations took. */
export async function playThread({ saver, bytes }: OpenSaver, turns: number): Promise<Figures> {
  const { turn, messages } = chatAgent(saver);
  await turn(0, 0);
  const times = timeOperations(saver);
  const started = performance.now();
  for (let at = 0; at < turns; at += 1) await turn(1, at);
  const wall = (performance.now() - started) / 1000;
  const medians = OPERATIONS.map((name) => [`${name} ms`, median(times[name])] as const);
  const size = await bytes();
  if ((await messages(1)) !== 2 * turns) throw new Error("messages were lost");
  return { "wall s": wall, ...Object.fromEntries(medians), MB: size / 1e6, ...(await read(saver, turns)) };
}

/** What reads of the thread that `playThread` left take. */
async function read(saver: BaseCheckpointSaver, turns: number): Promise<Figures> {
  if (turns < LONG) return {};
  const config = configOf("thread 1");
  const gets: number[] = [];
  for (let at = 0; at < READS; at += 1) gets.push(await msOf(() => saver.getTuple(config)));
  return {
    "getTuple of all ms": median(gets),
    "list of 100 ms": await msOf(() => countOf(saver, config, PAGE)),
    "list of 10 ms": await msOf(() => countOf(saver, config, 10)),
  };
}

/** Threads at once. */
export async function playThreads({ saver, bytes }: OpenSaver): Promise<Figures> {
  const { turn } = chatAgent(saver);
  await turn(0, 0);
  const times = timeOperations(saver);
  const started = performance.now();
  const play = async (thread: number): Promise<void> => {
    for (let at = 0; at < THREAD_TURNS; at += 1) await turn(thread, at);
  };
  await Promise.all(Array.from({ length: THREADS }, (_, at) => play(at + 1)));
  const seconds = (performance.now() - started) / 1000;
  const medians = OPERATIONS.map((name) => [`${name} ms`, median(times[name])] as const);
  return {
    "turns/s": (THREADS * THREAD_TURNS) / seconds,
    ...Object.fromEntries(medians),
    MB: (await bytes()) / 1e6,
  };
}

/** Small states, put one after the other and in chains at once, and writes of tasks to one checkpoint. */
export async function playPuts({ saver }: OpenSaver): Promise<Figures> {
  // In a process that has just begun it is the compiler that is measured.
  await putChain(saver, "warm", WARM_PUTS);
  const one = await msOf(() => putChain(saver, "one", 500));
  const few = await msOf(() => putChains(saver, "few", 16));
  const many = await msOf(() => putChains(saver, "many", THREADS));
  const last = await putChain(saver, "writes", 1);
  const writes = await msOf(async () => {
    for (let at = 0; at < 300; at += 1) await saver.putWrites(last, [["a", at]], `task ${at}`);
  });
  return {
    "put/s": 500_000 / one,
    "put/s, 16 chains": (16 * CHAIN_PUTS * 1000) / few,
    [`put/s, ${THREADS} chains`]: (THREADS * CHAIN_PUTS * 1000) / many,
    "putWrites/s": 300_000 / writes,
  };
}

async function putChains(saver: BaseCheckpointSaver, name: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, at) => putChain(saver, `${name} ${at}`, CHAIN_PUTS)));
}

/** Threads of 100 and of so many small checkpoints: the same operations at the end of both. */
export async function playDeep({ saver }: OpenSaver, depth: number): Promise<Figures> {
  const configs = {
    short: await deltaChain(saver, "short", SEED_EVERY),
    long: await deltaChain(saver, "long", depth),
  };
  const found: Record<string, number> = {};
  for (const [name, last] of Object.entries(configs)) {
    const latest = configOf(name);
    const works: Readonly<Record<string, () => Promise<unknown>>> = {
      "getTuple ms": () => saver.getTuple(latest),
      "put ms": () => putOne(saver, last, 1_000_000 + Math.random() * 1e6),
      "list of 10 ms": () => countOf(saver, latest, 10),
      "list of 10, all namespaces ms": () => countOf(saver, { configurable: { thread_id: name } }, 10),
      "history ms": () => saver.getDeltaChannelHistory({ config: last, channels: ["d"] }),
    };
    for (const [what, work] of Object.entries(works)) {
      const ms: number[] = [];
      for (let at = 0; at < READS; at += 1) ms.push(await msOf(work));
      found[`${what}, ${name}`] = median(ms);
    }
  }
  return found;
}

/** What a channel takes after 50 and after 500 steps, for each workload. Bytes. */
export async function playWorkload(name: string, open: () => Promise<OpenSaver>): Promise<[number, number]> {
  const sizes: number[] = [];
  for (const steps of [50, LONG]) {
    const { saver, bytes, close } = await open();
    let config = configOf("thread");
    let value: unknown;
    for (let step = 1; step <= steps; step += 1) {
      value = CHANNEL_WORKLOADS[name]?.(step, value);
      const checkpoint = checkpointOf(step, { value }, { value: step });
      config = await saver.put(config, checkpoint, METADATA, { value: step });
    }
    sizes.push(await bytes());
    await close();
  }
  return sizes as [number, number];
}

export async function putChain(
  saver: BaseCheckpointSaver,
  thread: string,
  count: number,
): Promise<RunnableConfig> {
  let config = configOf(thread);
  for (let at = 1; at <= count; at += 1) config = await putOne(saver, config, at);
  return config;
}

function putOne(saver: BaseCheckpointSaver, config: RunnableConfig, at: number): Promise<RunnableConfig> {
  const checkpoint = checkpointOf(at, { a: at, b: "x".repeat(100) }, { a: at, b: 1 });
  return saver.put(config, checkpoint, METADATA, at === 1 ? { a: 1, b: 1 } : { a: at });
}

/** A thread with a channel of changes. */
async function deltaChain(
  saver: BaseCheckpointSaver,
  thread: string,
  count: number,
): Promise<RunnableConfig> {
  let config = configOf(thread);
  for (let at = 1; at <= count; at += 1) {
    const values = { a: at, ...(at % SEED_EVERY === 1 && { d: [at] }) };
    config = await saver.put(config, checkpointOf(at, values, { a: at, d: at }), METADATA, { a: at, d: at });
  }
  return config;
}

function checkpointOf(
  step: number,
  values: Record<string, unknown>,
  versions: Record<string, number>,
): ReturnType<typeof emptyCheckpoint> {
  return { ...emptyCheckpoint(), id: uuid6(step), channel_values: values, channel_versions: versions };
}

function configOf(thread: string): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: "" } };
}

async function countOf(saver: BaseCheckpointSaver, config: RunnableConfig, limit: number): Promise<void> {
  let count = 0;
  for await (const _ of saver.list(config, { limit })) count += 1;
  if (count !== limit) throw new Error(`a list of ${limit} has ${count}`);
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
