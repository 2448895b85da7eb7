import { Agent } from "@mastra/core/agent";

/** Names of an agent's processors that ask models of their own before `own` has its turn: what they spend, no budget of `own` stops. */
export async function spendersBefore(agent: Agent, own: object): Promise<readonly string[]> {
  const processors: readonly unknown[] = await agent.listConfiguredInputProcessors();
  const before = processors.slice(0, Math.max(0, processors.indexOf(own)));
  return before.filter(asksModels).map(nameOf);
}

/** Mastra's own ones keep an agent for it. */
function asksModels(processor: unknown): boolean {
  if (typeof processor !== "object" || processor === null) return false;
  return Object.values(processor).some((value) => value instanceof Agent);
}

function nameOf(processor: unknown): string {
  const { id } = processor as { readonly id?: unknown };
  return typeof id === "string" ? id : "a processor";
}
