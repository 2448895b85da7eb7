import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BudgetBusyError,
  BudgetExceededError,
  createWflo,
  type CrashPoint,
  StoreUnavailableError,
} from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { LOAD_PRICES, loadAnswer, loadRequest } from "./load.ts";
import { Random } from "./random.ts";
import { readTask, tell } from "./task.ts";

/** What one process of the crash benchmark is to do. */
export interface CrashTask {
  readonly url: string;
  readonly budget: string;
  readonly callers: number;
  readonly seed: number;
  readonly logFile: string;
  /** Stop calling after this long. */
  readonly forMs: number;
  /** Where the process kills itself, and at which passing of that point. */
  readonly crash?: { readonly point: CrashPoint; readonly passings: number } | undefined;
}

/** What a process that lived to its end tells. */
export interface CrashResult {
  readonly calls: number;
  readonly refused: number;
  readonly unavailable: number;
  readonly callsAfterOutage: number;
  readonly errors: readonly string[];
}

const task = readTask<CrashTask>();
const log = openSync(task.logFile, "a");
let passings = 0;
const wflo = createWflo({
  database: postgres({ url: task.url }),
  prices: LOAD_PRICES,
  logger: false,
  settle: "background",
  // Holds of dead processes stay in the way until they are aged: waiting for them would be waiting for nothing.
  waitMs: 500,
  crashPoint(name) {
    if (name !== task.crash?.point) return;
    passings += 1;
    if (passings >= task.crash.passings) process.kill(process.pid, "SIGKILL");
  },
});

/** A line on the disk: what the ledger has told this process, and must therefore have for ever. */
function note(line: string): void {
  writeSync(log, `${line}\n`);
  fsyncSync(log);
}

const result = { calls: 0, refused: 0, unavailable: 0, callsAfterOutage: 0, errors: [] as string[] };
wflo.on("call-start", ({ callId }) => note(`reserved ${callId}`));
wflo.on("call-settled", ({ callId, code, charged }) => note(`${code} ${callId} ${charged}`));

async function callFor(ms: number, random: Random): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const request = loadRequest("mixed", random, [task.budget]);
    try {
      await wflo.guardCall(request, (grant) => loadAnswer("mixed", random, request, grant));
      result.calls += 1;
      if (result.unavailable > 0) result.callsAfterOutage += 1;
    } catch (error) {
      if (error instanceof BudgetExceededError || error instanceof BudgetBusyError) result.refused += 1;
      else if (error instanceof StoreUnavailableError) result.unavailable += 1;
      else result.errors.push(String(error));
      await sleep(50);
    }
  }
}

await wflo.budgets.get(task.budget);
await tell({ ready: true });
await new Promise((resolve) => process.once("message", resolve));
await Promise.all(
  Array.from({ length: task.callers }, (_, at) => callFor(task.forMs, new Random(task.seed * 1_000 + at))),
);
await wflo.close();
closeSync(log);
await tell({ result: result satisfies CrashResult });
process.exit(0);
