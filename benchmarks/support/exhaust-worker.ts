import { BudgetBusyError, BudgetExceededError, createWflo, usd } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { LOAD_PRICES, loadAnswer, type LoadKind, loadRequest } from "./load.ts";
import { Random } from "./random.ts";
import { readTask, tell } from "./task.ts";

/** What one process of the exhaustion benchmark is to do. */
export interface ExhaustTask {
  readonly url: string;
  readonly budget: string;
  readonly callers: number;
  readonly connections: number;
  readonly kind: LoadKind;
  readonly seed: number;
}

/** A refusal by its own fields, decimal dollars. */
export interface SeenRefusal {
  readonly needed: string;
  readonly cap: string;
  readonly spent: string;
}

/** What became of it. Amounts in nano-dollars as text. */
export interface ExhaustResult {
  readonly calls: number;
  readonly waitsMs: readonly number[];
  readonly waited: number;
  readonly refusals: readonly SeenRefusal[];
  readonly busy: readonly string[];
  readonly chargedNanoUsd: string;
  readonly errors: readonly string[];
}

/** Half of the default: a wait that runs out is a finding, and should not take up the whole benchmark. */
const WAIT_MS = 15_000;

const task = readTask<ExhaustTask>();
const wflo = createWflo({
  database: postgres({ url: task.url, max: task.connections }),
  prices: LOAD_PRICES,
  logger: false,
  waitMs: WAIT_MS,
});
const waitsMs: number[] = [];
const refusals: SeenRefusal[] = [];
const errors: string[] = [];
const waiting = new Set<string>();
let calls = 0;
const busy: string[] = [];
let charged = 0n;
wflo.on("call-waiting", ({ callId }) => void waiting.add(callId));
wflo.on("call-settled", (event) => void (charged += usd(event.charged).nanoUsd));

async function call(kind: LoadKind, random: Random): Promise<"made" | "refused" | "failed"> {
  const request = loadRequest(kind, random, [task.budget]);
  const started = performance.now();
  try {
    await wflo.guardCall(request, (grant) => {
      waitsMs.push(performance.now() - started);
      return loadAnswer(kind, random, request, grant);
    });
    calls += 1;
    return "made";
  } catch (error) {
    if (error instanceof BudgetExceededError) {
      refusals.push({ needed: error.needed, cap: error.cap, spent: error.spent });
      return "refused";
    }
    if (error instanceof BudgetBusyError) busy.push(error.message);
    else errors.push(String(error));
    return "failed";
  }
}

/** Calls until even the smallest call is refused, or one fails otherwise. */
async function callUntilExhausted(random: Random): Promise<void> {
  for (let kind = task.kind; ;) {
    const end = await call(kind, random);
    if (end === "made") continue;
    if (end === "failed" || kind === "smallest") return;
    kind = "smallest";
  }
}

await wflo.budgets.get(task.budget);
await tell({ ready: true });
await new Promise((resolve) => process.once("message", resolve));
await Promise.all(
  Array.from({ length: task.callers }, (_, at) => callUntilExhausted(new Random(task.seed * 1_000 + at))),
);
await wflo.close();
const result: ExhaustResult = {
  calls,
  waitsMs,
  waited: waiting.size,
  refusals,
  busy,
  chargedNanoUsd: String(charged),
  errors,
};
await tell({ result });
process.exit(0);
