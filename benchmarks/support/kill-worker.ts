import { openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, currentRun, type Database, RunNotResumableError, type RunStore } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { postgres } from "@wflo/postgres";
import OpenAI from "openai";
import { type KillLine, writeKillLine } from "./kill-log.ts";
import { KILL_MODEL, KILL_PRICES } from "./kill-prices.ts";
import { type Report, researchWorkflow } from "./kill-workflow.ts";
import { readTask, tell } from "./task.ts";

/** What one process of the kill benchmark has to know before it is told what to do. */
export interface KillTask {
  readonly url: string;
  readonly simulatorUrl: string;
  readonly budget: string;
  /** Does this at once instead of waiting for it: death may come while the process starts. */
  readonly order?: KillOrder | undefined;
}

/** What it is told to do. */
export interface KillOrder {
  readonly runId: string;
  readonly logFile: string;
  /** `start` makes the run if it is not there yet. */
  readonly how: "start" | "resume";
  readonly takeOver: boolean;
}

/** What it tells. */
export type KillMessage =
  | { readonly ready: true }
  | { readonly report: Report }
  | { readonly error: { readonly name: string; readonly message: string } };

const SUBJECT = "bees";
const MAX_TOKENS = 300;
/** What a superseded execution left behind gets to show itself. */
const AFTERMATH_MS = 250;

const task = readTask<KillTask>();
const database = postgres({ url: task.url, max: 4 });
const wflo = createWflo({ database: watched(database), prices: KILL_PRICES, logger: false, drainMs: 2_000 });
const callOfStep = new Map<string, string>();
let epoch = 0;
let log = -1;

type Unsigned<Line> = Line extends unknown ? Omit<Line, "pid" | "epoch"> : never;

function note(line: Unsigned<KillLine>): void {
  writeKillLine(log, { pid: process.pid, epoch, ...line } as KillLine);
}

/** The store's own time of each claim, which `resume` does not tell. */
function watched(inner: Database): Database {
  const claim: RunStore["claim"] = async (...args) => {
    const verdict = await inner.runs.claim(...args);
    if (verdict.code === "claimed") {
      epoch = verdict.run.epoch;
      note({ what: "claim", atMs: verdict.run.heartbeatAt.getTime() });
    }
    return verdict;
  };
  return { ...inner, runs: { ...inner.runs, claim } };
}

wflo.on("run-start", (start) => void (epoch = start.epoch));
wflo.on("call-start", ({ callId, step = "" }) => {
  callOfStep.set(step, callId);
  note({ what: "call", callId, atMs: Date.now() });
});
wflo.on("call-settled", ({ callId }) => note({ what: "settled", callId }));

/** Each step asks for one answer at a time, so the call that its step was granted last is the one being sent. */
const sendWithCallId: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set("x-bench-call", callOfStep.get(headers.get("x-bench-step") ?? "") ?? "none");
  return fetch(input, { ...init, headers });
};

const client = wfloOpenAI(
  new OpenAI({ baseURL: task.simulatorUrl, apiKey: "none", maxRetries: 0, fetch: sendWithCallId }),
  { wflo, budgets: [task.budget], provider: "openai" },
);

async function ask(prompt: string, isStreamed = false): Promise<string> {
  const body = {
    model: KILL_MODEL,
    messages: [{ role: "user" as const, content: prompt }],
    max_completion_tokens: MAX_TOKENS,
  };
  const headers = { "x-bench-step": currentRun()?.step ?? "" };
  if (!isStreamed) {
    const answer = await client.chat.completions.create(body, { headers });
    return answer.choices[0]?.message.content ?? "";
  }
  let text = "";
  const stream = await client.chat.completions.create({ ...body, stream: true }, { headers });
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  return text;
}

const workflow = researchWorkflow(wflo, ask, (path) => note({ what: "step", path }));

async function obey({ runId, logFile, how, takeOver }: KillOrder): Promise<Report> {
  log = openSync(logFile, "a");
  if (how === "resume") return workflow.resume(runId, { takeOver });
  try {
    return await workflow.run({ subject: SUBJECT }, { runId, budget: "2.00", budgets: [task.budget] });
  } catch (error) {
    // The process before died between making the run and hearing of it.
    if (!(error instanceof RunNotResumableError)) throw error;
    return workflow.resume(runId, { takeOver: true });
  }
}

async function nextOrder(): Promise<KillOrder> {
  if (task.order !== undefined) return task.order;
  await tell({ ready: true } satisfies KillMessage);
  return new Promise((resolve) => process.once("message", (order) => resolve(order as KillOrder)));
}

try {
  const report = await obey(await nextOrder());
  note({ what: "over" });
  await tell({ report } satisfies KillMessage);
} catch (error) {
  note({ what: "over" });
  await sleep(AFTERMATH_MS);
  const { name, message } = error as Error;
  await tell({ error: { name, message } } satisfies KillMessage);
}
await wflo.close();
process.exit(0);
