import { randomUUID } from "node:crypto";
import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { readTask, tell } from "./task.ts";

/** How the callers of one process spend on a hot budget. */
export type HotWay = "door" | "plain" | "select 1";

/** What one process of the hot budget benchmark is to do. */
export interface HotTask {
  readonly url: string;
  readonly way: HotWay;
  readonly budgets: readonly string[];
  readonly callers: number;
  readonly connections: number;
  readonly warmMs: number;
  readonly forMs: number;
}

/** What came of it; latencies are of the reserve, in milliseconds. */
export interface HotResult {
  readonly pairs: number;
  readonly reserveMs: readonly number[];
  readonly errors: readonly string[];
}

type Pair = () => Promise<number>;

/** The plain function: one call, one statement. */
const RESERVE = `select wflo.reserve(${Array.from({ length: 17 }, (_, at) => `$${at + 1}`).join(", ")})`;
const RECEIPT = { text: "x".repeat(1_000) };
const HOLD_NANO_USD = 1_000;
const task = readTask<HotTask>();
const way = waysOf(task)[task.way];
const pair = await way.open();
await tell({ ready: true });
await new Promise((resolve) => process.once("message", resolve));
const result = await play(pair);
await way.close();
await tell({ result });
process.exit(0);

async function play(once: Pair): Promise<HotResult> {
  const started = performance.now();
  const from = started + task.warmMs;
  const until = from + task.forMs;
  const reserveMs: number[] = [];
  const errors: string[] = [];
  const call = async (): Promise<void> => {
    while (performance.now() < until) {
      try {
        const took = await once();
        const now = performance.now();
        if (now >= from && now < until) reserveMs.push(took);
      } catch (error) {
        errors.push(String(error));
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: task.callers }, call));
  return { pairs: reserveMs.length, reserveMs, errors };
}

/** The ways, each opened on first use. */
function waysOf(task: HotTask): Record<HotWay, { open(): Promise<Pair>; close(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: task.url, max: task.connections });
  const wflo = createWflo({ database: postgres({ url: task.url, max: task.connections }), logger: false });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  return {
    door: {
      async open() {
        await wflo.budgets.get(task.budgets[0] ?? "");
        return async () => {
          const started = performance.now();
          let took = 0;
          const request = {
            provider: "openai",
            model: "gpt-4.1",
            parts: [RECEIPT.text],
            budgets: task.budgets,
            hold: "0.000001",
          };
          await wflo.guardCall(request, async () => {
            took = performance.now() - started;
            return { value: undefined, usage: { inputTokens: 0, outputTokens: 0, billedNanoUsd: 500 } };
          });
          return took;
        };
      },
      close: () => wflo.close(),
    },
    plain: {
      async open() {
        await pool.query("select 1");
        return async () => {
          const id = randomUUID();
          const amounts = [HOLD_NANO_USD, HOLD_NANO_USD, HOLD_NANO_USD, 1, 90_000];
          const nothing = Array.from({ length: 7 }, () => null);
          const args = ["default", id, task.budgets, ...amounts, ...nothing, "p", "m"];
          const took = await timed(() => pool.query(RESERVE, args));
          const settlement = {
            callId: id,
            settlementId: randomUUID(),
            kind: "settle",
            cost: "500",
            receipt: RECEIPT,
          };
          await pool.query("select wflo.settle_all($1, $2)", ["default", JSON.stringify([settlement])]);
          return took;
        };
      },
      close: () => pool.end(),
    },
    "select 1": {
      async open() {
        await pool.query("select 1");
        return async () => {
          const took = await timed(() => pool.query("select 1"));
          await pool.query("select 1");
          return took;
        };
      },
      close: () => pool.end(),
    },
  };
}
