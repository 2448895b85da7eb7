import type { Wflo } from "@wflo/core";
import { tool, type Tool } from "ai";
import { z } from "zod";

/** A tool that tells the model, and so the user, what is left of their month. */
export function monthLeft(wflo: Wflo, budget: string): Tool<Record<string, never>, string> {
  return tool({
    description: "Tells how many dollars of the user's month are left.",
    inputSchema: z.object({}),
    execute: async () => `$${(await wflo.budgets.get(budget))?.left}`,
  });
}
