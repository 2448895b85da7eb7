import type { Agent } from "@mastra/core/agent";
import { isMetered } from "@wflo/ai-sdk/models";
import { isMetered as isMeteredModel } from "../models/metered-marks.ts";
import { isMastraAgent } from "./mastra-agent.ts";

/** Mastra's voice of an agent that has none. */
const NO_VOICE = "DefaultVoice";

/** What an agent can spend money by that the budgets of its processor `own` do not stop, each by a few words. */
export async function unmeteredSpenders(agent: Agent, own: object): Promise<readonly string[]> {
  const processors: readonly unknown[] = await agent.listConfiguredInputProcessors();
  const before = processors.slice(0, Math.max(0, processors.indexOf(own))).filter(asksModels);
  return [
    ...before.map((processor) => `the processor ${nameOf(processor)}, which stands before wfloProcessor`),
    ...((await hasUnmeteredMemory(agent)) ? [`the embedder of the memory of agent ${agent.id}`] : []),
    ...((await hasUnmeteredTitles(agent)) ? [`the titles of threads of agent ${agent.id}`] : []),
    ...((await hasVoice(agent)) ? [`the voice of agent ${agent.id}`] : []),
  ];
}

/** Mastra's own ones keep an agent for it. */
function asksModels(processor: unknown): boolean {
  if (typeof processor !== "object" || processor === null) return false;
  return Object.values(processor).some(isMastraAgent);
}

function nameOf(processor: unknown): string {
  const { id } = processor as { readonly id?: unknown };
  return typeof id === "string" ? id : "a processor";
}

async function hasUnmeteredMemory(agent: Agent): Promise<boolean> {
  const memory = await agent.getMemory().catch(() => undefined);
  if (memory?.embedder === undefined || isMetered(memory.embedder)) return false;
  const { semanticRecall } = memory.getMergedThreadConfig();
  return semanticRecall !== undefined && semanticRecall !== false;
}

/** Without a model of their own they are the agent's, which Mastra then asks past its processors. */
async function hasUnmeteredTitles(agent: Agent): Promise<boolean> {
  const memory = await agent.getMemory().catch(() => undefined);
  const { generateTitle } = memory?.getMergedThreadConfig() ?? {};
  if (generateTitle === undefined || generateTitle === false) return false;
  const own = typeof generateTitle === "object" ? generateTitle.model : undefined;
  const model: unknown = own ?? (await Promise.resolve(agent.getModel()).catch(() => undefined));
  return !isMeteredModel(model) && !(typeof model === "object" && model !== null && isMetered(model));
}

async function hasVoice(agent: Agent): Promise<boolean> {
  const voice: object | undefined = await agent.getVoice().catch(() => undefined);
  return voice !== undefined && voice.constructor.name !== NO_VOICE;
}
