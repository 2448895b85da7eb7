import { createWflo, type Database, type LedgerLine, type Wflo, type WfloOptions } from "@wflo/core";
import {
  startSimulator,
  type Simulator,
  type SimulatorReply,
  type SimulatorRequest,
} from "@wflo/testkit/simulator";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { onTestFinished } from "vitest";

export const MODEL = "gpt-4.1-nano";

/** A client of a database, closed after the test: another process. */
export function clientOf(database: Database): Wflo {
  const wflo = createWflo({ database, logger: false, waitMs: 200, settle: "background" });
  onTestFinished(() => wflo.close().catch(() => {}));
  return wflo;
}

type Replies = readonly SimulatorReply[] | ((request: SimulatorRequest) => SimulatorReply);

/** A wflo with a budget `user`, closed after the test. */
export async function newWflo(total = "1.00", options: WfloOptions = {}): Promise<Wflo> {
  const wflo = createWflo({ logger: false, waitMs: 2_000, drainMs: 1_000, settle: "background", ...options });
  onTestFinished(() => wflo.close().catch(() => {}));
  await wflo.budgets.set({ id: "user", caps: { total } });
  return wflo;
}

/** A provider that gives these answers in turn, the last for ever. */
export async function simulate(replies: Replies): Promise<Simulator> {
  const reply = (request: SimulatorRequest) =>
    typeof replies === "function"
      ? replies(request)
      : (replies[Math.min(request.index, replies.length - 1)] ?? {});
  const simulator = await startSimulator({ reply });
  onTestFinished(() => simulator.close());
  return simulator;
}

/** A chat model of LangChain that nobody metered. */
export function chatModel(simulator: Simulator, fields: ChatOpenAIFields = {}): ChatOpenAI {
  return new ChatOpenAI({
    model: MODEL,
    apiKey: "sk-secret",
    maxRetries: 0,
    configuration: { baseURL: simulator.url },
    ...fields,
  });
}

/** The ledger as soon as it has so many lines, or what it has after three seconds. */
export async function lines(wflo: Wflo, count: number): Promise<readonly LedgerLine[]> {
  const deadline = performance.now() + 3_000;
  for (;;) {
    const found = await wflo.calls.list({ limit: 1_000 });
    if (found.length >= count || performance.now() > deadline) return found;
    await pause(5);
  }
}

/** What is spent and held on the budget `user`. */
export async function user(wflo: Wflo): Promise<{ spent: string; reserved: string } | undefined> {
  await wflo.flush();
  return (await wflo.budgets.get("user"))?.windows[0];
}

/** What a promise rejects with, or its value. */
export const settled = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
