import type { Agent } from "@mastra/core/agent";
import type { Mastra } from "@mastra/core/mastra";
import { isMastraAgent } from "./mastra-agent.ts";
import { changeNetworks } from "./networks.ts";

/** Agents that have a processor among their own: Mastra does not always tell a processor for whom it works. */
export class AgentsWith {
  readonly #processor: () => object;
  #mastra: Mastra | undefined;
  #found: Promise<readonly Agent[]> | undefined;

  constructor(processor: () => object) {
    this.#processor = processor;
  }

  /** Mastra makes itself known to the processors of its agents. */
  register(mastra: Mastra): void {
    this.#mastra = mastra;
    this.#found = undefined;
    // Agents register before they are in the list.
    queueMicrotask(() => Object.values(mastra.listAgents() ?? {}).forEach(changeNetworks));
  }

  /** The agent that a processor works for, as far as that is known. */
  async one(told: unknown): Promise<Agent | undefined> {
    if (isMastraAgent(told)) return told;
    const found = await this.all();
    return found.length === 1 ? found[0] : undefined;
  }

  /** Those that are registered with Mastra, and those that work for them. */
  all(): Promise<readonly Agent[]> {
    return (this.#found ??= this.#look());
  }

  async #look(): Promise<readonly Agent[]> {
    const found: Agent[] = [];
    const seen = new Set<unknown>();
    const visit = async (agents: Readonly<Record<string, unknown>>): Promise<void> => {
      for (const agent of Object.values(agents)) {
        if (!isMastraAgent(agent) || seen.has(agent)) continue;
        seen.add(agent);
        const processors: readonly unknown[] = await agent.listConfiguredInputProcessors();
        if (processors.includes(this.#processor())) found.push(agent);
        await visit(await agent.listAgents());
      }
    };
    await visit(this.#mastra?.listAgents() ?? {});
    return found;
  }
}
