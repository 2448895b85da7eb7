import type { Agent } from "@mastra/core/agent";
import { currentAgentRun } from "@wflo/ai-sdk/models";
import { bindWrapper } from "@wflo/core";
import { wfloProcessor, type WfloProcessor } from "../wflo-processor.ts";
import { isMastraAgent } from "./mastra-agent.ts";
import { rememberedInput } from "./remembered-input.ts";
import { unmeteredSpenders } from "./unmetered-spenders.ts";

type Ask = (messages: unknown, options?: object) => unknown;

const processors = new WeakMap<Agent, WfloProcessor>();
const changed = new WeakSet<Agent>();

/** The options of a call of an agent in a run: its models are metered, and its tools steps, whatever processors it has. */
async function meteredOptions(agent: Agent, options: CallOptions = {}): Promise<CallOptions> {
  const { requestContext, inputProcessors } = options;
  const own: readonly unknown[] =
    inputProcessors ?? (await agent.listConfiguredInputProcessors(requestContext as never));
  if (own.some((processor) => (processor as { readonly id?: unknown }).id === "wflo"))
    return { ...options, inputProcessors: [...own, rememberedInput] };
  const processor = processors.get(agent) ?? wfloProcessor({ agent: agent.id });
  if (!processors.has(agent)) await tellOfUnmetered(agent, processor);
  processors.set(agent, processor);
  return { ...options, inputProcessors: [...own, processor, rememberedInput] };
}

/** A processor that is no part of its agent does not know whose it is. */
async function tellOfUnmetered(agent: Agent, processor: object): Promise<void> {
  const { wflo } = await bindWrapper({})();
  for (const what of await unmeteredSpenders(agent, processor))
    wflo.reportUnmetered({ provider: "mastra", what });
}

/** What an agent is called with, as far as it matters here. */
interface CallOptions {
  readonly requestContext?: unknown;
  readonly inputProcessors?: readonly unknown[];
}

/** Has agents be metered in runs whoever asks them, and those that work for them. Outside of runs they do what they did before. */
export async function meterInRuns(agents: readonly unknown[], seen = new Set<unknown>()): Promise<void> {
  for (const agent of agents) {
    if (!isMastraAgent(agent) || seen.has(agent)) continue;
    seen.add(agent);
    change(agent);
    await meterInRuns(Object.values(await agent.listAgents()), seen);
  }
}

function change(agent: Agent): void {
  if (changed.has(agent)) return;
  changed.add(agent);
  for (const name of ["generate", "stream", "resumeGenerate", "resumeStream"] as const) {
    const ask = agent[name] as Ask;
    const value: Ask = async (messages, options) =>
      ask.call(
        agent,
        messages,
        currentAgentRun() === undefined ? options : await meteredOptions(agent, options),
      );
    Object.defineProperty(agent, name, { value, configurable: true, writable: true });
  }
}
