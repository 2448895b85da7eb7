import type { Agent } from "@mastra/core/agent";

/** What Mastra calls an agent, whichever class of it. */
const COMPONENT = "AGENT";
const METHODS = ["generate", "stream", "listAgents", "listConfiguredInputProcessors"];

/** Whether a value is an agent of Mastra's, of any copy of its package: an application in CommonJS has another one than this package. */
export function isMastraAgent(value: unknown): value is Agent {
  if (typeof value !== "object" || value === null) return false;
  const agent = value as Readonly<Record<string, unknown>>;
  return agent["component"] === COMPONENT && METHODS.every((name) => typeof agent[name] === "function");
}
