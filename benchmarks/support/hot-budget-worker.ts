import { openWay, type HotWay } from "./hot-ways.ts";
import { readTask, tell } from "./task.ts";

/** What one process of the hot budget benchmark is to do. */
export interface HotTask {
  readonly url: string;
  readonly way: HotWay;
  /** Each call spends on one of these lists, at random. */
  readonly choices: readonly (readonly string[])[];
  readonly callers: number;
  readonly connections: number;
  readonly warmMs: number;
  readonly forMs: number;
}

/** What came of it. */
export interface HotResult {
  /** How long each reserve took, in milliseconds. */
  readonly reserveMs: readonly number[];
  readonly errors: readonly string[];
}

const task = readTask<HotTask>();
const way = await openWay(task.way, task.url, task.connections);
await tell({ ready: true });
await new Promise((resolve) => process.once("message", resolve));
const result = await play();
await way.close();
await tell({ result });
process.exit(0);

async function play(): Promise<HotResult> {
  const from = performance.now() + task.warmMs;
  const until = from + task.forMs;
  const reserveMs: number[] = [];
  const errors: string[] = [];
  const call = async (): Promise<void> => {
    while (performance.now() < until) {
      const budgets = task.choices[Math.floor(Math.random() * task.choices.length)] ?? [];
      try {
        const took = await way.pair(budgets);
        const now = performance.now();
        if (now >= from && now < until) reserveMs.push(took);
      } catch (error) {
        errors.push(String(error));
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: task.callers }, call));
  return { reserveMs, errors };
}
