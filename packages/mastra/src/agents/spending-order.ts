import { Agent } from "@mastra/core/agent";

/** Names of an agent's processors that ask models of their own before `own` has its turn: what they spend, no budget of `own` stops. */
export async function spendersBefore(agent: unknown, own: object): Promise<readonly string[]> {
  if (!(agent instanceof Agent)) return [];
  const processors: readonly unknown[] = await agent.listConfiguredInputProcessors();
  const flat = processors.flatMap(inside);
  const at = flat.indexOf(own);
  return flat
    .slice(0, at === -1 ? 0 : at)
    .flatMap((processor) => (asksModels(processor) ? [nameOf(processor)] : []));
}

/** Several processors of one agent may stand in a list of their own. */
function inside(processor: unknown): readonly unknown[] {
  return Array.isArray(processor) ? processor.flatMap(inside) : [processor];
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
