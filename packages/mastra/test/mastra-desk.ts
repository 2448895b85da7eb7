import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { createWflo, type LedgerLine, type Wflo, type WfloOptions } from "@wflo/core";
import { startSimulator, type Simulator, type SimulatorReply, type SimulatorRequest } from "@wflo/testkit";
import { onTestFinished } from "vitest";

export const MODEL = "gpt-4.1-nano";

type Replies = readonly SimulatorReply[] | ((request: SimulatorRequest) => SimulatorReply);
type AgentConfig = ConstructorParameters<typeof Agent>[0];

/** A wflo with a budget `user`, and what it warned of; closed after the test. */
export async function newWflo(
  total = "1.00",
  options: WfloOptions = {},
): Promise<{ readonly wflo: Wflo; readonly warned: string[] }> {
  const warned: string[] = [];
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, error: quiet, warn: (said: string) => void warned.push(said) };
  const wflo = createWflo({ logger, waitMs: 300, drainMs: 1_000, settle: "background", ...options });
  onTestFinished(() => wflo.close().catch(() => {}));
  await wflo.budgets.set({ id: "user", caps: { total } });
  return { wflo, warned };
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

/** OpenAI's provider of the AI SDK. */
export function openaiOf(simulator: Simulator): OpenAIProvider {
  return createOpenAI({ baseURL: simulator.url, apiKey: "sk-secret" });
}

interface AgentSettings extends Partial<Omit<AgentConfig, "model">> {
  readonly model: object | string;
}

/** An agent. */
export function newAgent(settings: AgentSettings, id = "researcher"): Agent {
  const about = { id, name: id, description: `Is the ${id}.`, instructions: "Answer." };
  return new Agent({ ...about, ...settings } as never);
}

/** An agent of a Mastra that says nothing. */
export function agentOf(settings: AgentSettings, id = "researcher"): Agent {
  const agents = { [id]: newAgent(settings, id) };
  return new Mastra({ logger: noopLogger as never, agents }).getAgent(id) as Agent;
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

/** What is spent and held on a budget. */
export async function windowOf(wflo: Wflo, id = "user") {
  await wflo.flush();
  return (await wflo.budgets.get(id))?.windows[0];
}

export const settled = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).catch((error: unknown) => error);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
