import { createTool } from "@mastra/core/tools";
import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { z } from "zod";

/** What each turn costs: $0.0005. */
export const TURN = { inputTokens: 1_000, outputTokens: 1_000 };

/** How many results of tools a request has in it. */
export function seenIn({ body }: SimulatorRequest): number {
  return JSON.stringify(body).match(/function_call_output/g)?.length ?? 0;
}

/** A model that asks for so many looks, then answers. */
export function looking(looks: number): (request: SimulatorRequest) => SimulatorReply {
  return (request) =>
    seenIn(request) < looks
      ? { ...TURN, toolCalls: [{ name: "look", arguments: "{}" }] }
      : { ...TURN, text: "All seen." };
}

/** The tool that it asks for; each look is noted in `looked`. */
export function lookTool(looked: string[]) {
  return createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    execute: async () => {
      looked.push("look");
      return { seen: looked.length };
    },
  });
}
