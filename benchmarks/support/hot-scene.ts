import { Child } from "./child.ts";
import type { HotResult, HotTask } from "./hot-budget-worker.ts";
import { hotRowPairs } from "./hot-row.ts";
import type { HotWay } from "./hot-ways.ts";
import { median, percentile } from "./percentile.ts";

const WARM_MS = 6_000;
const FOR_MS = 2_000;
const ROW_MS = 1_000;
const CONNECTIONS = 10;
const MAX_ROW_CONNECTIONS = 40;
/** The reference: plain UPDATEs of one row, two for a pair. */
const ROW = "UPDATE of one row, /2";

interface Load {
  readonly processes: number;
  /** In each process. */
  readonly callers: number;
  readonly choices: readonly (readonly string[])[];
}

/** What one way came to: pairs a second, and percentiles of the reserve in milliseconds. */
export interface Found {
  readonly pairs: number;
  readonly p50?: number;
  readonly p99?: number;
}

type Message = { readonly ready: true } | { readonly result: HotResult };

/** Processes that spend on shared budgets, each way in turn. */
export class HotScene {
  readonly name: string;
  readonly #load: Load;

  constructor(name: string, load: Load) {
    this.name = name;
    this.#load = load;
  }

  /** The medians of each way, and of the reference. */
  async play(url: string, ways: readonly HotWay[], rounds: number): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, Found[]>([...ways, ROW].map((way) => [way, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const way of round % 2 === 0 ? ways : ways.toReversed())
        found.get(way)?.push(await this.#once(url, way));
      found.get(ROW)?.push({ pairs: await this.#row(url) });
    }
    return new Map(Array.from(found, ([way, all]) => [way, medians(all)]));
  }

  #row(url: string): Promise<number> {
    const callers = this.#load.processes * this.#load.callers;
    return hotRowPairs(url, callers, Math.min(MAX_ROW_CONNECTIONS, callers), ROW_MS);
  }

  async #once(url: string, way: HotWay): Promise<Found> {
    const { processes, callers, choices } = this.#load;
    const task: HotTask = {
      url,
      way,
      choices,
      callers,
      connections: CONNECTIONS,
      warmMs: WARM_MS,
      forMs: FOR_MS,
    };
    const children = Array.from(
      { length: processes },
      () => new Child<Message>("./hot-budget-worker.ts", task),
    );
    await Promise.all(children.map((child) => child.message((message) => "ready" in message)));
    for (const child of children) child.send({ go: true });
    const results = await Promise.all(
      children.map(async (child) => {
        const message = await child.message((one) => "result" in one);
        return (message as Extract<Message, { result: HotResult }>).result;
      }),
    );
    const [error] = results.flatMap(({ errors }) => errors);
    if (error !== undefined) throw new Error(error);
    const times = results.flatMap(({ reserveMs }) => reserveMs);
    const pairs = times.length / (FOR_MS / 1_000);
    return { pairs, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  }
}

function medians(all: readonly Found[]): Found {
  const of = (pick: (one: Found) => number | undefined): number =>
    median(all.map(pick).filter((x) => x !== undefined));
  if (all[0]?.p50 === undefined) return { pairs: of(({ pairs }) => pairs) };
  return { pairs: of(({ pairs }) => pairs), p50: of(({ p50 }) => p50), p99: of(({ p99 }) => p99) };
}
